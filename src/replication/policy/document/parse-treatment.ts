import { isMap, type Node } from 'yaml';
import type { FieldKind, FieldMeta } from '../../../records/index.js';
import {
  maskNames,
  periods,
  type Generalisation,
  type MaskName,
  type Period,
  type Treatment,
} from './policy.model.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

const treatmentNames = ['include', 'omit', 'mask', 'pseudonym', 'generalise'] as const;

/** Text keeps its column's type when it is masked; a masked number or date would not. */
const masksByKind: Partial<Record<FieldKind, readonly MaskName[]>> = {
  text: ['last4', 'initial', 'all'],
  longText: ['all'],
  phone: ['last4', 'all'],
  email: ['domain', 'initial', 'all'],
  url: ['all'],
};

/** A pseudonym is text; and a choice has so few values that counting them would tell which is which. */
const pseudonymKinds: readonly FieldKind[] = ['text', 'email', 'phone', 'url'];

/** What stays of a generalised value is of the field's own kind. */
const generalisationByKind: Partial<Record<FieldKind, Generalisation['kind']>> = {
  date: 'period',
  dateTime: 'period',
  integer: 'band',
  decimal: 'band',
  money: 'band',
  text: 'prefix',
};

const wanted: Readonly<Record<Generalisation['kind'], string>> = {
  period: periods.join(', '),
  band: '{ band: <width> }',
  prefix: '{ prefix: <characters> }',
};

const scopeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const width = /^(?:[1-9]\d{0,14}|\d{1,12}\.\d{1,4})$/;
const maxPrefix = 100;

/** Reads what happens to one field. */
export class TreatmentReader {
  constructor(
    private readonly source: PolicySource,
    private readonly field: FieldMeta,
  ) {}

  read(entry: Entry): Treatment | null {
    const written = this.source.text(entry.value);
    if (written === 'include' || written === 'omit') return { kind: written };
    if (!isMap(entry.value)) return this.unknown(entry.value, entry, written ?? '');
    const keys = ['mask', 'pseudonym', 'generalise', 'scope'];
    const parts = this.source.entries(entry.value, entry.path, 'a treatment', keys);
    const scope = parts.find(({ key }) => key === 'scope');
    const [chosen, other] = parts.filter((part) => part !== scope);
    if (!chosen)
      return entry.value.items.length === parts.length ? this.unknown(entry.value, entry, '') : null;
    if (other) return this.refuse(other, `\`${other.key}\` cannot stand beside \`${chosen.key}\``);
    if (chosen.key === 'pseudonym') return this.pseudonym(chosen, scope);
    if (scope) return this.refuse(scope, '`scope` belongs to a pseudonym');
    return chosen.key === 'mask' ? this.mask(chosen) : this.generalise(chosen);
  }

  private unknown(node: Node | null, entry: Entry, written: string): null {
    this.source.report(
      node ?? entry.keyNode,
      entry.path,
      `unknown treatment \`${written}\`; known: include, omit, { mask: ${maskNames.join(' | ')} }, ` +
        '{ pseudonym: keyed }, { generalise: … }',
      suggest(written, treatmentNames),
    );
    return null;
  }

  private refuse(entry: Entry, message: string, suggestion: string | null = null): null {
    this.source.report(entry.value ?? entry.keyNode, entry.path, message, suggestion);
    return null;
  }

  private mask(entry: Entry): Treatment | null {
    const written = this.source.text(entry.value);
    const mask = maskNames.find((known) => known === written);
    const fitting = masksByKind[this.field.kind] ?? [];
    if (mask && fitting.includes(mask)) return { kind: 'mask', mask };
    const message =
      fitting.length === 0
        ? `a ${this.field.kind} cannot be masked; include or omit it`
        : `\`${this.field.name}\` has no mask \`${written ?? ''}\`; known: ${fitting.join(', ')}`;
    return this.refuse(entry, message, suggest(written ?? '', fitting));
  }

  private pseudonym(entry: Entry, scope: Entry | undefined): Treatment | null {
    if (!pseudonymKinds.includes(this.field.kind))
      return this.refuse(
        entry,
        `a ${this.field.kind} cannot be a pseudonym; only ${pseudonymKinds.join(', ')} can`,
      );
    const written = this.source.text(entry.value);
    if (written !== 'keyed')
      return this.refuse(entry, `unknown pseudonym \`${written ?? ''}\`; known: keyed`, 'keyed');
    const name = scope ? (this.source.text(scope.value) ?? '') : '';
    if (scope && !scopeName.test(name))
      return this.refuse(scope, 'a scope is a name of letters, digits, dots, dashes and underscores');
    return { kind: 'pseudonym', scope: name };
  }

  private generalise(entry: Entry): Treatment | null {
    const fitting = generalisationByKind[this.field.kind];
    if (!fitting)
      return this.refuse(
        entry,
        `a ${this.field.kind} cannot be generalised; dates, numbers, amounts and short texts can`,
      );
    const to = fitting === 'period' ? this.period(entry) : this.measured(entry, fitting);
    return to && { kind: 'generalise', to };
  }

  private period(entry: Entry): Generalisation | null {
    const written = this.source.text(entry.value);
    const period = periods.find((known): known is Period => known === written);
    if (period) return { kind: 'period', period };
    return this.mismatch(entry, 'period', suggest(written ?? '', periods));
  }

  private measured(entry: Entry, fitting: 'band' | 'prefix'): Generalisation | null {
    if (!isMap(entry.value)) return this.mismatch(entry, fitting, null);
    const [part, ...others] = this.source.entries(entry.value, entry.path, '`generalise`', [
      'band',
      'prefix',
    ]);
    if (!part || others.length > 0) return part ? this.mismatch(entry, fitting, null) : null;
    if (part.key !== fitting) return this.mismatch(part, fitting, fitting);
    return fitting === 'band' ? this.band(part) : this.prefix(part);
  }

  private mismatch(entry: Entry, fitting: Generalisation['kind'], suggestion: string | null): null {
    const { name, kind } = this.field;
    return this.refuse(entry, `\`${name}\`, a ${kind}, is generalised to ${wanted[fitting]}`, suggestion);
  }

  private band(entry: Entry): Generalisation | null {
    const scalar = this.source.scalar(entry.value);
    const written = typeof scalar?.value === 'number' ? (scalar.source ?? '') : '';
    const isWhole = this.field.kind !== 'integer' || !written.includes('.');
    if (width.test(written) && Number(written) > 0 && isWhole) return { kind: 'band', width: written };
    return this.refuse(
      entry,
      `a band's width is ${this.field.kind === 'integer' ? 'a whole number' : 'a number with at most 4 digits after the point'} above 0`,
    );
  }

  private prefix(entry: Entry): Generalisation | null {
    const length = this.source.scalar(entry.value)?.value;
    if (typeof length === 'number' && Number.isInteger(length) && length >= 1 && length <= maxPrefix)
      return { kind: 'prefix', length };
    return this.refuse(entry, `a prefix has 1 to ${String(maxPrefix)} characters`);
  }
}
