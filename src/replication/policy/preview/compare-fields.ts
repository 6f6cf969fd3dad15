import { query, type SqlRunner } from '../../../platform/database/index.js';
import type { RecordTypeMeta } from '../../../records/index.js';
import { describeTreatment, type CloudPolicy } from '../document/policy.model.js';

export interface FieldChange {
  /** `email`, `custom.region` */
  readonly field: string;
  /** `include`, `mask last4`, `pseudonym`, `generalise month` */
  readonly now: string;
  readonly then: string;
}

export interface FieldChanges {
  readonly enter: readonly string[];
  readonly leave: readonly string[];
  /** go before and after, but not in the same form */
  readonly changed: readonly FieldChange[];
}

/** By field what becomes of it; a field that stays home is not in it. */
type Treatments = ReadonlyMap<string, string>;

interface CatalogueRow {
  type: string;
  columns: { name: string }[];
  treatments: { field: string; as: string }[];
}

/** What the views in force show of each type. */
export async function fieldsInForce(
  runner: SqlRunner,
  types: readonly RecordTypeMeta[],
): Promise<Map<string, Treatments>> {
  const rows = await query<CatalogueRow>(
    runner,
    'SELECT type, columns, treatments FROM replication.view_catalog',
  );
  const hasFields = rows.some(({ type }) => type === 'custom_field');
  const custom = hasFields
    ? await query<{ type: string; key: string }>(runner, 'SELECT type, key FROM cloud.custom_field')
    : [];
  const found = new Map<string, Treatments>();
  for (const row of rows) {
    const meta = types.find(({ name }) => name === row.type);
    if (!meta || row.columns.length < 2) continue;
    const columns = new Set(row.columns.map(({ name }) => name));
    const names = [
      ...meta.fields.filter((field) => columns.has(field.column)).map(({ name }) => name),
      ...custom.filter(({ type }) => type === row.type).map(({ key }) => `custom.${key}`),
    ];
    const as = new Map(row.treatments.map((note) => [note.field, note.as]));
    found.set(row.type, new Map(names.map((name) => [name, as.get(name) ?? 'include'])));
  }
  return found;
}

function fieldsOf(policy: CloudPolicy, type: string): Treatments {
  const selected = policy.types.get(type);
  const treated = [...(selected?.fields ?? []), ...(selected?.customFields ?? [])];
  return new Map(
    treated
      .filter(({ treatment }) => treatment.kind !== 'omit')
      .map(({ field, treatment }) => [field.name, describeTreatment(treatment) ?? 'include']),
  );
}

/** Fields that go with every record are not told of. */
export function compareFields(
  policy: CloudPolicy,
  type: RecordTypeMeta,
  now: Treatments | undefined,
  always: readonly string[],
): FieldChanges {
  const then = fieldsOf(policy, type.name);
  const before = new Map([...(now ?? [])].filter(([field]) => !always.includes(field)));
  return {
    enter: [...then.keys()].filter((field) => !before.has(field)),
    leave: [...before.keys()].filter((field) => !then.has(field)),
    changed: [...then].flatMap(([field, as]) => {
      const earlier = before.get(field);
      return earlier === undefined || earlier === as ? [] : [{ field, now: earlier, then: as }];
    }),
  };
}
