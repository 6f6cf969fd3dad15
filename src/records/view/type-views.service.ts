import { Inject, Injectable } from '@nestjs/common';
import { NotFound } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { CustomFieldRegistry } from '../custom-fields/custom-field-registry.service.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { findRecordType } from '../metadata/registry.js';
import { ACCESS_POLICY, READ_ONLY, type AccessPolicy } from '../ports/access-policy.js';
import { TypeView } from './type-view.js';

interface Known {
  registryVersion: number;
  view: TypeView;
}

/** Makes and keeps the views. A policy that answers the same Set for the same rights gets the same view back. */
@Injectable()
export class TypeViews {
  private known = new WeakMap<ReadonlySet<string>, Map<string, Known>>();
  private readonly ownViews = new WeakMap<RequestContext, Map<string, TypeView>>();
  private readonly nothingHidden: ReadonlySet<string> = new Set();

  constructor(
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    private readonly customFields: CustomFieldRegistry,
    @Inject(READ_ONLY) private readonly isReadOnly: boolean,
  ) {}

  of(ctx: RequestContext, type: RecordTypeMeta): TypeView {
    const foreseen = this.customFields.foreseenBy(ctx, type.name);
    if (foreseen.length > 0) return this.foreseeing(ctx, type, foreseen);
    return this.withHidden(type, this.policy.hiddenFields(ctx, type));
  }

  /** everything, as the engine itself sees a record */
  whole(type: RecordTypeMeta): TypeView {
    return this.withHidden(type, this.nothingHidden);
  }

  /** A view of the caller's own, for as long as nobody else may know these fields. */
  private foreseeing(ctx: RequestContext, type: RecordTypeMeta, foreseen: readonly FieldMeta[]): TypeView {
    const byType = this.ownViews.get(ctx) ?? new Map<string, TypeView>();
    const found = byType.get(type.name);
    if (found) return found;
    const fields = [...this.customFields.of(type.name), ...foreseen];
    const view = new TypeView(type, fields, this.policy.hiddenFields(ctx, type), this.isReadOnly);
    this.ownViews.set(ctx, byType.set(type.name, view));
    return view;
  }

  private withHidden(type: RecordTypeMeta, hidden: ReadonlySet<string>): TypeView {
    const byType = this.known.get(hidden) ?? new Map<string, Known>();
    const found = byType.get(type.name);
    const registryVersion = this.customFields.version;
    if (found?.registryVersion === registryVersion && found.view.hidden.size === hidden.size)
      return found.view;
    const view = new TypeView(type, this.customFields.of(type.name), hidden, this.isReadOnly);
    byType.set(type.name, { registryVersion, view });
    this.known.set(hidden, byType);
    return view;
  }
}

/** @throws NotFound for a name that no class declares */
export function recordTypeOf(type: string | RecordTypeMeta): RecordTypeMeta {
  if (typeof type !== 'string') return type;
  const found = findRecordType(type);
  if (!found) throw new NotFound({ detail: `There is no record type ${JSON.stringify(type)}.` });
  return found;
}
