/** The API's own description of the record types: what `GET /types` answers. */
export type FieldKind =
  | 'id'
  | 'text'
  | 'longText'
  | 'email'
  | 'phone'
  | 'url'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'choice'
  | 'tags'
  | 'reference';

export interface FieldType {
  name: string;
  /** as filters and sorts name it: `closeDate`, `custom.state` */
  path: string;
  kind: FieldKind;
  label: string;
  required: boolean;
  readOnly: boolean;
  options?: string[];
  target?: string;
  relation?: string;
  custom: boolean;
  /** how it is to be kept: `public`, `internal`, `confidential`, `personal`, `special` */
  classification: string;
  filterable: boolean;
  /** the filter operators that the server takes for it */
  ops?: string[];
  sortable: boolean;
  /** on a replica: the policy keeps it at home */
  omitted?: boolean;
  /** on a replica: what the policy made of the values: `mask last4`, `pseudonym`, `generalise band 1000` */
  treated?: string;
  max?: number;
  min?: number;
}

export type Reach = 'none' | 'own' | 'team' | 'all';

export interface RecordType {
  name: string;
  plural: string;
  label: string;
  icon: string;
  title: string[];
  adminOnly: boolean;
  /** `policy`: a cloud policy may name it; `system`: it always goes; `none`: it never does */
  cloud: 'policy' | 'system' | 'none';
  can: { create: Reach; read: Reach; update: Reach; delete: Reach };
  fields: FieldType[];
}

export interface Money {
  amount: string;
  currency: string;
}
export interface Linked {
  id: string;
  title: string | null;
}

export interface CrmRecord {
  id: string;
  version: number;
  ownerId: string | null;
  createdAt: string;
  updatedAt: string;
  custom?: Record<string, unknown>;
  [field: string]: unknown;
}

export type FilterOperator =
  | 'eq'
  | 'neq'
  | 'in'
  | 'notIn'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'between'
  | 'contains'
  | 'startsWith'
  | 'empty'
  | 'notEmpty';

export interface FilterLeaf {
  field: string;
  op: FilterOperator;
  value?: unknown;
}
export type FilterNode = FilterLeaf | { and: FilterNode[] } | { or: FilterNode[] } | { not: FilterNode };

export interface Page {
  nextCursor: string | null;
  count?: number;
  countCapped?: boolean;
}

/** A value of a text-like field as text; nothing and objects are the empty text. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The value of a field in a record, custom fields included. */
export function valueOf(record: CrmRecord, field: FieldType): unknown {
  return field.custom ? record.custom?.[customKey(field)] : record[field.name];
}

export const customKey = (field: FieldType): string => field.path.replace(/^custom\./, '');
