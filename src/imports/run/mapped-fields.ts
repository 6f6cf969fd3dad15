import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import { CustomFieldRegistry, CustomFields, type CustomFieldDefinition } from '../../records/index.js';
import type { Mapping } from '../mapping/mapping.js';

/** The custom fields that a mapping brings along. */
@Injectable()
export class MappedFields {
  constructor(
    private readonly customFields: CustomFields,
    private readonly registry: CustomFieldRegistry,
  ) {}

  /** Makes those that are missing. @returns those made now; `share` lets others see them once they are committed */
  async define(ctx: RequestContext, tx: QueryRunner, mapping: Mapping): Promise<CustomFieldDefinition[]> {
    const ofType = this.registry.all().filter(({ type }) => type === mapping.type);
    const known = new Set(ofType.map(({ key }) => key));
    const made: CustomFieldDefinition[] = [];
    for (const { key, label, kind, options, classification } of mapping.customFields) {
      if (known.has(key)) continue;
      const field = { type: mapping.type, key, label, kind, classification };
      const body = kind === 'choice' ? { ...field, options } : field;
      made.push(await this.customFields.createWithin(ctx, tx, body));
    }
    return made;
  }

  /** Fields of a transaction that is still open. */
  lend(ctx: RequestContext, made: readonly CustomFieldDefinition[]): void {
    if (made.length > 0) this.registry.foresee(ctx, made);
  }

  async share(made: readonly CustomFieldDefinition[]): Promise<void> {
    if (made.length > 0) await this.registry.reload();
  }
}
