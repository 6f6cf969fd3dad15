import type { RequestContext } from '../../platform/http/index.js';
import { kinds } from '../kinds/index.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import type { CloudRole } from '../metadata/record-type.meta.js';
import type { Permission, AccessPolicy, RecordAction } from '../ports/access-policy.js';
import type { TypeView } from '../view/type-view.js';

/** A field as the UI, imports and reports learn it. */
export interface FieldDescription {
  readonly name: string;
  /** as filters and sorts name it */
  readonly path: string;
  readonly kind: string;
  readonly label: string;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly options?: readonly string[];
  readonly target?: string;
  readonly relation?: string;
  readonly max?: number;
  readonly min?: number;
  readonly scale?: number;
  readonly custom: boolean;
  readonly classification: string;
  readonly filterable: boolean;
  readonly ops: readonly string[];
  readonly sortable: boolean;
  readonly searchable: boolean;
  /** on a replica: the policy leaves the field out, so it is empty in every record */
  readonly omitted: boolean;
  /** on a replica: the values are not the ones at home, and what the policy made of them: `generalise month` */
  readonly treated?: string;
}

/** What does not stand in a replica's records as it does at home, by field name. */
export interface FieldsAbroad {
  readonly omitted: ReadonlySet<string>;
  readonly treated: ReadonlyMap<string, string>;
}

export interface TypeDescription {
  readonly name: string;
  readonly plural: string;
  readonly label: string;
  readonly icon: string;
  readonly title: readonly string[];
  readonly adminOnly: boolean;
  /** whether a cloud policy names it */
  readonly cloud: CloudRole;
  readonly can: Readonly<Record<RecordAction, Permission>>;
  readonly fields: readonly FieldDescription[];
}

const actions = ['create', 'read', 'update', 'delete'] as const;

/** What the principal may know of a type; hidden fields are not in it. */
export function describeType(
  ctx: RequestContext,
  policy: AccessPolicy,
  view: TypeView,
  abroad: FieldsAbroad,
  isReadOnly: boolean,
): TypeDescription {
  const { type } = view;
  const readOnly = policy.readOnlyFields(ctx, type);
  const can = Object.fromEntries(
    actions.map((action) => [
      action,
      isReadOnly && action !== 'read' ? 'none' : policy.can(ctx, type, action),
    ]),
  ) as Record<RecordAction, Permission>;
  return {
    name: type.name,
    plural: type.plural,
    label: type.name.charAt(0).toUpperCase() + type.name.slice(1),
    icon: type.icon,
    title: type.title.filter((name) => view.field(name)),
    adminOnly: type.adminOnly,
    cloud: type.cloud,
    can,
    fields: [...view.fields, ...view.custom].map((field) =>
      describeField(field, readOnly.has(field.name), abroad),
    ),
  };
}

function describeField(field: FieldMeta, isReadOnly: boolean, abroad: FieldsAbroad): FieldDescription {
  const treated = abroad.treated.get(field.name);
  const { ops, sortable } = kinds[field.kind];
  return {
    name: field.custom ? field.column : field.name,
    path: field.name,
    kind: field.kind,
    label: field.label,
    required: field.required,
    readOnly: field.readOnly || isReadOnly,
    ...(field.options ? { options: field.options } : {}),
    ...(field.target ? { target: field.target } : {}),
    ...(field.relation ? { relation: field.relation } : {}),
    ...(field.max === undefined ? {} : { max: field.max }),
    ...(field.min === undefined ? {} : { min: field.min }),
    ...(field.scale === undefined ? {} : { scale: field.scale }),
    custom: field.custom,
    classification: field.classification,
    filterable: ops.length > 0,
    ops,
    sortable,
    searchable: field.search !== undefined,
    omitted: abroad.omitted.has(field.name),
    ...(treated === undefined ? {} : { treated }),
  };
}
