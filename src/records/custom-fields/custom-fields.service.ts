import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditTrail } from '../../audit/index.js';
import { query, withTransaction } from '../../platform/database/index.js';
import { Conflict, NotAllowed, NotFound, StaleVersion } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { isUuid } from '../kinds/index.js';
import { findRecordType } from '../metadata/registry.js';
import { ACCESS_POLICY, type AccessPolicy } from '../ports/access-policy.js';
import type { CustomFieldDefinition } from './custom-field.definition.js';
import { CustomFieldRegistry } from './custom-field-registry.service.js';
import { parseCustomFieldPatch, parseNewCustomField } from './custom-field-input.js';

const columns =
  'id, type, key, label, kind, options, required, classification, position, searchable, version';

/** Fields that the customer adds. Only administrators may change them; everybody's requests follow at once. */
@Injectable()
export class CustomFields {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: CustomFieldRegistry,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /** @throws NotAllowed unless the caller is an administrator: the list names hidden fields too */
  list(ctx: RequestContext): readonly CustomFieldDefinition[] {
    this.mustAdminister(ctx);
    return this.registry.all();
  }

  /** @throws InvalidInput, Conflict where the type has the key already */
  create(ctx: RequestContext, body: unknown): Promise<CustomFieldDefinition> {
    return this.write((tx) => this.createWithin(ctx, tx, body));
  }

  /** In the caller's transaction: nobody knows the field before it commits (CustomFieldRegistry.foresee, reload). */
  async createWithin(ctx: RequestContext, tx: QueryRunner, body: unknown): Promise<CustomFieldDefinition> {
    this.mustAdminister(ctx);
    const field = parseNewCustomField(body);
    const [made] = await query<CustomFieldDefinition>(
      tx,
      `INSERT INTO crm.custom_field (id, created_at, created_by, updated_at, updated_by, type, key, label, kind,
         options, required, classification, position, searchable)
       VALUES ($1, now(), $2, now(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT (type, key) DO NOTHING RETURNING ${columns}`,
      [
        uuidv7(),
        ctx.principal.userId,
        field.type,
        field.key,
        field.label,
        field.kind,
        field.options && JSON.stringify(field.options),
        field.required,
        field.classification,
        field.position,
        field.searchable,
      ],
    );
    if (!made)
      throw new Conflict('duplicate', {
        detail: `${field.type} has a custom field with this key.`,
        errors: [{ path: 'key', message: 'is taken' }],
      });
    await this.record(tx, ctx, 'create', made.id, null, { ...field });
    return made;
  }

  async update(
    ctx: RequestContext,
    id: string,
    body: unknown,
    expectedVersion: number | null,
  ): Promise<CustomFieldDefinition> {
    this.mustAdminister(ctx);
    return this.write(async (tx) => {
      const before = await this.lock(tx, id);
      if (expectedVersion !== null && before.version !== expectedVersion) throw new StaleVersion(before);
      const patch = parseCustomFieldPatch(body, before.kind);
      if (Object.keys(patch).length === 0) return before;
      const after = { ...before, ...patch };
      const [stored] = await query<CustomFieldDefinition>(
        tx,
        `UPDATE crm.custom_field SET label = $2, options = $3, required = $4, classification = $5, position = $6,
           version = version + 1, updated_at = now(), updated_by = $7, searchable = $8 WHERE id = $1 RETURNING ${columns}`,
        [
          id,
          after.label,
          after.options && JSON.stringify(after.options),
          after.required,
          after.classification,
          after.position,
          ctx.principal.userId,
          after.searchable,
        ],
      );
      await this.record(tx, ctx, 'update', id, { ...before }, { ...after });
      return stored ?? before;
    });
  }

  /**
   * Takes the definition away. Where records hold values of it, that must be confirmed; the values then stay stored,
   * seen by nobody, and come back with a definition of the same key and kind.
   */
  async remove(ctx: RequestContext, id: string, isConfirmed: boolean): Promise<void> {
    this.mustAdminister(ctx);
    await this.write(async (tx) => {
      const before = await this.lock(tx, id);
      if (!isConfirmed && (await this.holdsValues(tx, before)))
        throw new Conflict('field_in_use', {
          detail: 'Records hold values of this field. Add ?confirm=true to hide them.',
        });
      await query(tx, 'DELETE FROM crm.custom_field WHERE id = $1', [id]);
      await this.record(tx, ctx, 'delete', id, { ...before }, null);
    });
  }

  private async holdsValues(tx: QueryRunner, field: CustomFieldDefinition): Promise<boolean> {
    const type = findRecordType(field.type);
    if (!type) return false;
    const sql = `SELECT 1 FROM ${type.table} WHERE custom ? $1 LIMIT 1`;
    return (await query(tx, sql, [field.key])).length > 0;
  }

  private async lock(tx: QueryRunner, id: string): Promise<CustomFieldDefinition> {
    const sql = `SELECT ${columns} FROM crm.custom_field WHERE id = $1 FOR UPDATE`;
    const [found] = isUuid(id) ? await query<CustomFieldDefinition>(tx, sql, [id]) : [];
    if (!found) throw new NotFound({ detail: 'There is no custom field with this id.' });
    return found;
  }

  private async write<T>(work: (tx: QueryRunner) => Promise<T>): Promise<T> {
    const result = await withTransaction(this.dataSource, work);
    await this.registry.reload();
    return result;
  }

  private async record(
    tx: QueryRunner,
    ctx: RequestContext,
    action: string,
    recordId: string,
    before: Record<string, unknown> | null,
    after: Record<string, unknown> | null,
  ): Promise<void> {
    const fieldNames = Object.keys(after ?? before ?? {}).filter(
      (name) => name !== 'id' && name !== 'version',
    );
    await this.audit.append(tx, ctx, [{ action, type: 'customField', recordId, fieldNames, before, after }]);
  }

  private mustAdminister(ctx: RequestContext): void {
    if (!this.policy.hasFlag(ctx, 'manageCustomFields'))
      throw new NotAllowed({ detail: 'Your roles do not let you change custom fields.' });
  }
}
