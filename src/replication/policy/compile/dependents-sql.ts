import { toColumnName } from '../../../records/index.js';
import {
  attachmentType,
  type CloudPolicy,
  type FilterTarget,
  type PolicyFilter,
  type PolicyFollow,
  type PolicyType,
} from '../document/policy.model.js';
import { Aliases } from './aliases.js';
import { attachmentMembershipSql, attachmentTable } from './attachments-sql.js';
import { isDefinedSql } from './filter-sql.js';
import { isFollowedAtOnce, membershipSql } from './membership-sql.js';
import { identifier, literal } from './sql-text.js';

/** Rows of a type that hang on the changed ones, as one common table expression. */
interface Step {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
}

/**
 * Finds the rows of other records that hang on given ones: selected because a parent is (`follows`), selected by
 * a field of a parent (`where`), showing its id (a reference that is null while the parent is not selected), or its
 * files.
 *
 * Answers only rows that a view shows now or that were once sent: the id of any other row never reaches the
 * connector. Null where nothing hangs on the type.
 */
export function dependentsSql(policy: CloudPolicy, changed: string): string | null {
  const steps = new DependentsWalk(policy).from(changed);
  if (steps.length === 0) return null;
  const types = [...new Set(steps.map((step) => step.type))];
  const answers = types.map((type) => answerSql(policy, type, steps));
  return [
    `CREATE FUNCTION cloud.${identifier(dependentsName(changed))}(ids uuid[]) RETURNS TABLE (type text, id uuid)`,
    'LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $fn$',
    `WITH ${steps.map((step) => `${step.name} AS (${step.sql})`).join(',\n')}`,
    answers.join('\nUNION ALL\n'),
    '$fn$',
  ].join('\n');
}

export const customFieldType = 'custom_field';

/** In lower case: the connector takes no name that would need quotes. */
export function dependentsName(type: string): string {
  return `dependents_${toColumnName(type)}`;
}

function answerSql(policy: CloudPolicy, type: string, steps: readonly Step[]): string {
  const found = steps.filter((step) => step.type === type).map((step) => `SELECT id FROM ${step.name}`);
  const table = type === attachmentType ? attachmentTable : (policy.types.get(type)?.meta.table ?? '');
  const member =
    type === attachmentType
      ? attachmentMembershipSql(policy, 't', new Aliases())
      : membershipSql(policy, type, 't', new Aliases());
  return [
    `SELECT ${literal(type)}::text, f.id FROM (${found.join(' UNION ')}) f`,
    `WHERE EXISTS (SELECT 1 FROM replication.ledger l WHERE l.type = ${literal(type)} AND l.id = f.id)`,
    `OR EXISTS (SELECT 1 FROM ${table} t WHERE t.id = f.id AND ${member})`,
  ].join('\n  ');
}

/** Walks from a changed type to all that hangs on it. It ends, because `follows` has no cycles. */
class DependentsWalk {
  private readonly steps: Step[] = [];

  constructor(private readonly policy: CloudPolicy) {}

  from(changed: string): Step[] {
    if (changed === customFieldType) return this.fromCustomFields();
    // A parent's own values matter one hop away only; whether it is selected carries on from child to child.
    for (const type of this.policy.types.values())
      for (const column of [...hopColumns(type, changed), ...middleColumns(type, changed)])
        this.children(type, column, '= ANY (ids)', true);
    this.spread(changed, '= ANY (ids)');
    return this.steps;
  }

  /** A custom field that is gone takes its values with it; another label changes no record. */
  private fromCustomFields(): Step[] {
    for (const type of this.policy.types.values())
      for (const { field, fieldId, treatment } of type.customFields) {
        if (treatment.kind === 'omit') continue;
        const id = `${literal(fieldId)}::uuid`;
        const isGone = `NOT EXISTS (SELECT 1 FROM crm.custom_field f WHERE f.id = ${id})`;
        const condition = `${id} = ANY (ids) AND ${isGone} AND c.custom ? ${literal(field.column)}`;
        this.add(type.meta.name, type.meta.table, condition);
      }
    // one that `where` reads takes all rows that it selected, and what follows them
    for (const type of this.policy.types.values())
      for (const { field, fieldId } of targetsOf(type)) {
        if (fieldId === null) continue;
        const condition = `${literal(fieldId)}::uuid = ANY (ids) AND NOT ${isDefinedSql(fieldId, field)}`;
        this.spreadFrom(type.meta.name, this.add(type.meta.name, type.meta.table, condition));
      }
    return this.steps;
  }

  private spread(parent: string, condition: string): void {
    if (this.policy.types.get(parent)?.attachments)
      this.add(
        attachmentType,
        attachmentTable,
        `c.record_type = ${literal(parent)} AND c.record_id ${condition}`,
      );
    for (const type of this.policy.types.values())
      for (const field of type.fields) {
        if (field.field.target !== parent) continue;
        const isFollowed = isFollowedAtOnce(type, field.field);
        const isShown = field.treatment.kind !== 'omit' && this.policy.types.has(parent);
        if (isFollowed || isShown) this.children(type, field.field.column, condition, isFollowed);
      }
    for (const type of this.policy.types.values())
      for (const follow of type.follows) if (follow.type === parent) this.further(type, follow, condition);
  }

  /** Those that follow over two steps or through a link; what follows at once is a child. */
  private further(type: PolicyType, follow: PolicyFollow, condition: string): void {
    if (follow.kind === 'link') {
      const column = `c.${identifier(follow.reference.column)}`;
      const where = `c.id ${condition} AND ${column} IS NOT NULL`;
      this.spreadFrom(type.meta.name, this.add(type.meta.name, follow.link.table, where, column));
    } else if (follow.next) {
      const { type: middle, reference } = follow.next;
      const between = `SELECT m.id FROM ${middle.table} m WHERE m.${identifier(reference.column)} ${condition}`;
      this.children(type, follow.reference.column, `IN (${between})`, true);
    }
  }

  private children(type: PolicyType, column: string, condition: string, changesSelection: boolean): void {
    const name = this.add(type.meta.name, type.meta.table, `c.${identifier(column)} ${condition}`);
    if (changesSelection) this.spreadFrom(type.meta.name, name);
  }

  private spreadFrom(type: string, step: string): void {
    this.spread(type, `IN (SELECT ${step}.id FROM ${step})`);
  }

  private add(type: string, table: string, condition: string, id = 'c.id'): string {
    const name = `s${String(this.steps.length)}`;
    this.steps.push({ name, type, sql: `SELECT ${id} AS id FROM ${table} c WHERE ${condition}` });
    return name;
  }
}

/** Columns of the references through which the type's filter reads the given type. */
function hopColumns(type: PolicyType, target: string): Set<string> {
  const columns = new Set<string>();
  for (const { via } of targetsOf(type)) if (via?.type.name === target) columns.add(via.reference.column);
  return columns;
}

/** What the type's filter reads. */
function targetsOf(type: PolicyType): FilterTarget[] {
  const visit = (filter: PolicyFilter): FilterTarget[] => {
    if (filter.kind === 'leaf') return [filter.target];
    return filter.kind === 'not' ? visit(filter.item) : filter.items.flatMap(visit);
  };
  return type.where ? visit(type.where) : [];
}

/** Columns from which the type follows over two steps with the given type in the middle. */
function middleColumns(type: PolicyType, middle: string): string[] {
  return type.follows.flatMap((follow) =>
    follow.kind === 'reference' && follow.next?.type.name === middle ? [follow.reference.column] : [],
  );
}

/** Types that conditions read through a reference, though the policy may not select them. */
export function typesReadOnTheWay(policy: CloudPolicy): Set<string> {
  const read = new Set<string>();
  for (const type of policy.types.values()) {
    for (const { target } of type.meta.fields)
      if (target && hopColumns(type, target).size > 0) read.add(target);
    for (const follow of type.follows)
      if (follow.kind === 'reference' && follow.next) read.add(follow.next.type.name);
  }
  return read;
}
