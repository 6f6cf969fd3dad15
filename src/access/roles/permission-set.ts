import type { RecordTypeMeta } from '../../records/index.js';
import {
  levels,
  type Action,
  type Level,
  type RoleDefinition,
  type RoleFields,
  type RoleFlag,
  type RoleLevel,
} from './role.js';
import type { TokenScope } from './role.js';

const rank = (level: Level): number => levels.indexOf(level);
const highest = (a: Level, b: Level): Level => (rank(a) >= rank(b) ? a : b);
const granted = (level: RoleLevel): Level => (level === 'deny' ? 'none' : level);
type TypeFacts = Pick<RecordTypeMeta, 'name' | 'adminOnly' | 'partOf'>;

/**
 * What a person may do: the union of their roles without what one of them denies, cut down to the scopes of the
 * token used, if any.
 * Asking it costs map look-ups, and the same question gets the same Set back.
 */
export class PermissionSet {
  private readonly flags: ReadonlySet<RoleFlag>;
  private readonly hidden = new Map<string, ReadonlySet<string>>();
  private readonly readOnly = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly roles: readonly RoleDefinition[],
    private readonly scopes: ReadonlySet<TokenScope> | null = null,
  ) {
    this.flags = new Set(
      roles.flatMap((role) => role.flags).filter((flag) => this.isInScope(scopeOfFlag(flag))),
    );
  }

  level(type: TypeFacts, action: Action): Level {
    if (!this.isInScope(action === 'read' ? 'read' : 'write')) return 'none';
    if (this.denies(type, action)) return 'none';
    if (type.adminOnly && action !== 'read') return this.has(flagFor(type)) ? 'all' : 'none';
    return this.roles.map((role) => granted(levelIn(role, type, action))).reduce(highest, 'none');
  }

  denies(type: TypeFacts, action: Action): boolean {
    return this.roles.some((role) => levelIn(role, type, action) === 'deny');
  }

  has(flag: RoleFlag): boolean {
    return this.flags.has(flag);
  }

  isInScope(scope: TokenScope): boolean {
    return this.scopes === null || this.scopes.has(scope);
  }

  hiddenFields(type: TypeFacts): ReadonlySet<string> {
    return kept(this.hidden, type.name, () => this.restricted(type, 'read', (role) => role.hiddenFields));
  }

  readOnlyFields(type: TypeFacts): ReadonlySet<string> {
    return kept(this.readOnly, type.name, () =>
      this.restricted(type, 'update', (role) => role.readOnlyFields),
    );
  }

  /**
   * Whether everything that `other` allows is allowed here too: nobody hands out what they don't have. What `other`
   * denies counts like the whole right, since to take a denial away is to give that right.
   * `types` are all record types there are.
   */
  covers(other: PermissionSet, types: readonly RecordTypeMeta[]): boolean {
    const reaches = types.every(
      (type) =>
        (['create', 'read', 'update', 'delete'] as const).every(
          (action) =>
            rank(this.level(type, action)) >=
            rank(other.denies(type, action) ? 'all' : other.level(type, action)),
        ) &&
        isSubset(this.hiddenFields(type), other.hiddenFields(type)) &&
        isSubset(this.readOnlyFields(type), other.readOnlyFields(type)),
    );
    return reaches && isSubset(other.flags, this.flags);
  }

  /**
   * A field is restricted unless a role that reaches as far as the person does leaves it open. A role that
   * opens a field for own records must not open it for the records that another role shows.
   */
  private restricted(
    type: TypeFacts,
    action: Action,
    fields: (role: RoleDefinition) => RoleFields,
  ): ReadonlySet<string> {
    const levelOf = (role: RoleDefinition): Level => granted(levelIn(role, type, action));
    const top = this.roles.map(levelOf).reduce(highest, 'none');
    const deciding = this.roles.filter((role) => levelOf(role) === top);
    const [first, ...others] = deciding.map((role) => new Set(fields(role)[type.name] ?? []));
    if (!first) return new Set();
    return new Set([...first].filter((name) => others.every((set) => set.has(name))));
  }
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** A part (a line of a deal) has no line of its own in a role: who may change the whole may change its parts. */
function levelIn(role: RoleDefinition, type: TypeFacts, action: Action): RoleLevel {
  const line = role.permissions[type.partOf?.type ?? type.name] ?? role.permissions['*'];
  const ruling = type.partOf && action !== 'read' ? 'update' : action;
  return line?.[ruling] ?? 'none';
}

/** Users have a flag of their own; every other administrators' type (pipelines, stages) is a setting. */
function flagFor(type: TypeFacts): RoleFlag {
  return type.name === 'user' ? 'manageUsers' : 'manageSettings';
}

function scopeOfFlag(flag: RoleFlag): TokenScope {
  return flag === 'import' ? 'write' : 'admin';
}

function isSubset<T>(part: ReadonlySet<T>, whole: ReadonlySet<T>): boolean {
  return [...part].every((item) => whole.has(item));
}
