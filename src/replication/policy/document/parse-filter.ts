import type { Node } from 'yaml';
import { filterOps, type FieldMeta, type FilterOp, type RecordTypeMeta } from '../../../records/index.js';
import { parseFilterValue, operatorsOf } from './filter-value.js';
import { neverFields, type FilterTarget, type PolicyFilter } from './policy.model.js';
import type { PolicySchema } from './policy-schema.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

const maxDepth = 10;
const maxLeaves = 100;
const maxListValues = 1000;

/**
 * Reads a `where`: the same tree and operators as the API's filters. It knows literals only, so a filter that
 * hangs on the clock or on the session cannot be written.
 */
export class FilterParser {
  private leaves = 0;

  constructor(
    private readonly source: PolicySource,
    private readonly schema: PolicySchema,
    private readonly type: RecordTypeMeta,
  ) {}

  parse(node: Node | null, path: string, depth = 1): PolicyFilter | null {
    if (depth > maxDepth) {
      this.source.report(node, path, `a filter is at most ${String(maxDepth)} levels deep`);
      return null;
    }
    const known = ['and', 'or', 'not', 'field', 'op', 'value'];
    const entries = this.source.entries(node, path, 'a filter', known);
    const branch = entries.find((entry) => ['and', 'or', 'not'].includes(entry.key));
    if (!branch) return this.leaf(node, entries, path);
    const [extra] = entries.filter((entry) => entry !== branch);
    if (extra) {
      this.source.report(extra.keyNode, extra.path, `\`${extra.key}\` cannot stand beside \`${branch.key}\``);
      return null;
    }
    if (branch.key !== 'not') return this.list(branch, branch.key === 'and' ? 'and' : 'or', depth);
    const item = this.parse(branch.value, branch.path, depth + 1);
    return item && { kind: 'not', item };
  }

  private list(branch: Entry, kind: 'and' | 'or', depth: number): PolicyFilter | null {
    const items = this.source.items(branch.value);
    if (!items || items.length === 0) {
      this.source.report(
        branch.value ?? branch.keyNode,
        branch.path,
        `\`${kind}\` must be a list of filters`,
      );
      return null;
    }
    const parsed = items.map((item, index) => this.parse(item, `${branch.path}.${String(index)}`, depth + 1));
    const good = parsed.filter((item) => item !== null);
    return good.length === parsed.length ? { kind, items: good } : null;
  }

  private leaf(node: Node | null, entries: readonly Entry[], path: string): PolicyFilter | null {
    if (++this.leaves > maxLeaves) {
      if (this.leaves === maxLeaves + 1)
        this.source.report(node, path, `a filter has at most ${String(maxLeaves)} conditions`);
      return null;
    }
    const field = entries.find((entry) => entry.key === 'field');
    const op = entries.find((entry) => entry.key === 'op');
    const value = entries.find((entry) => entry.key === 'value');
    if (!field || !op) {
      if (this.source.isMapping(node))
        this.source.report(node, path, 'a filter is `{ field, op, value }`, `and`, `or` or `not`');
      return null;
    }
    const target = this.target(field);
    const operator = target && this.operator(op, target.field);
    if (!operator) return null;
    const values = this.values(operator, target.field, value, op);
    return values && { kind: 'leaf', target, op: operator, values };
  }

  private target(entry: Entry): FilterTarget | null {
    const name = this.source.text(entry.value);
    if (name === null) {
      this.source.report(entry.value ?? entry.keyNode, entry.path, '`field` must be the name of a field');
      return null;
    }
    const own = this.fieldOf(this.type, name);
    if (own) return { ...own, via: null };
    const dot = name.indexOf('.');
    const relation = name.slice(0, dot);
    const reference = this.type.fields.find((field) => dot > 0 && field.relation === relation);
    const type = reference?.target ? this.schema.types.get(reference.target) : undefined;
    const field = type && this.fieldOf(type, name.slice(dot + 1));
    if (reference && type && field) return { ...field, via: { reference, type } };
    const near = type
      ? prefixed(relation, suggest(name.slice(dot + 1), this.namesOf(type)))
      : suggest(name, [...this.namesOf(this.type), ...this.relations()]);
    const where = type ? type.name : this.type.name;
    this.source.report(entry.value, entry.path, `${where} has no field \`${name}\` to filter by`, near);
    return null;
  }

  private fieldOf(type: RecordTypeMeta, name: string): Omit<FilterTarget, 'via'> | undefined {
    if (neverFields.includes(name)) return undefined;
    if (name.startsWith('custom.')) {
      const custom = this.schema.customFields.get(type.name)?.get(name.slice('custom.'.length));
      return custom && { field: custom, fieldId: custom.id };
    }
    const field = type.fieldByName.get(name);
    return field && { field, fieldId: null };
  }

  private namesOf(type: RecordTypeMeta): string[] {
    const custom = this.schema.customFields.get(type.name);
    const own = type.fields.map((field) => field.name).filter((name) => !neverFields.includes(name));
    return [...own, ...[...(custom?.keys() ?? [])].map((key) => `custom.${key}`)];
  }

  private relations(): string[] {
    return this.type.fields.flatMap((field) => {
      const type = field.target ? this.schema.types.get(field.target) : undefined;
      return type && field.relation
        ? this.namesOf(type).map((name) => `${String(field.relation)}.${name}`)
        : [];
    });
  }

  private operator(entry: Entry, field: FieldMeta): FilterOp | null {
    const name = this.source.text(entry.value);
    const operator = filterOps.find((known) => known === name);
    const allowed = operatorsOf(field);
    if (operator && allowed.includes(operator)) return operator;
    const message = operator
      ? `\`${operator}\` cannot be used with \`${field.name}\`, which is a ${field.kind}; it takes ${allowed.join(', ')}`
      : `unknown operator \`${name ?? ''}\`; known: ${filterOps.join(', ')}`;
    const near = operator || name === null ? null : suggest(name, filterOps);
    this.source.report(entry.value ?? entry.keyNode, entry.path, message, near);
    return null;
  }

  private values(op: FilterOp, field: FieldMeta, entry: Entry | undefined, opEntry: Entry): string[] | null {
    if (op === 'empty' || op === 'notEmpty') {
      if (!entry || this.source.isNothing(entry.value)) return [];
      this.source.report(entry.keyNode, entry.path, `\`${op}\` takes no value`);
      return null;
    }
    if (!entry) {
      this.source.report(opEntry.keyNode, opEntry.path, `\`${op}\` needs a \`value\``);
      return null;
    }
    const isList = op === 'in' || op === 'notIn' || op === 'between';
    const nodes = isList ? this.source.items(entry.value) : [entry.value];
    const isCountRight = nodes && nodes.length > 0 && nodes.length <= maxListValues;
    if (!isCountRight || (op === 'between' && nodes.length !== 2)) {
      const wanted =
        op === 'between' ? 'a list of two values' : `a list of 1 to ${String(maxListValues)} values`;
      this.source.report(entry.value ?? entry.keyNode, entry.path, `\`${op}\` takes ${wanted}`);
      return null;
    }
    const values = nodes.map((node) => this.value(field, op, node, entry));
    const good = values.filter((value) => value !== null);
    return good.length === values.length ? good : null;
  }

  private value(field: FieldMeta, op: FilterOp, node: Node | null, entry: Entry): string | null {
    const result = parseFilterValue(field, op, this.source.scalar(node));
    if ('value' in result) return result.value;
    this.source.report(node ?? entry.keyNode, entry.path, result.problem, result.suggestion ?? null);
    return null;
  }
}

function prefixed(relation: string, name: string | null): string | null {
  return name && `${relation}.${name}`;
}
