import { useStore } from 'ra-core';
import { useMemo } from 'react';
import { fieldNamed } from '../../api/record-types.js';
import type { FieldType, RecordType } from '../../api/types.js';
import type { ColumnSpec, NounView } from '../noun-view.js';

export interface Column extends ColumnSpec {
  field: FieldType;
}

export interface Columns {
  shown: Column[];
  /** everything that can be a column */
  available: FieldType[];
  toggle: (path: string) => void;
  reset: () => void;
  /** exactly these, by path */
  choose: (paths: string[]) => void;
}

const never = new Set(['id', 'version', 'deletedAt', 'createdBy', 'updatedBy']);
const defaultWidthPx = 150;

const isColumn = (field: FieldType) =>
  !field.omitted && field.kind !== 'longText' && field.kind !== 'id' && !never.has(field.name);

export function toColumns(type: RecordType, specs: readonly ColumnSpec[]): Column[] {
  return specs.flatMap((spec) => {
    const field = fieldNamed(type, spec.path);
    return field && isColumn(field) ? [{ ...spec, field }] : [];
  });
}

/** The columns shown, in the noun's own order, as this person chose them on this device. */
export function useColumns(type: RecordType, view: NounView): Columns {
  const defaults = useMemo(() => view.columns.map((column) => column.path), [view]);
  const [chosen, setChosen] = useStore<string[]>(`columns.${type.plural}`, defaults);
  return useMemo(() => {
    const widths = new Map(view.columns.map((column) => [column.path, column.widthPx]));
    const specs = chosen.map((path) => ({ path, widthPx: widths.get(path) ?? defaultWidthPx }));
    return {
      shown: toColumns(type, specs),
      available: type.fields.filter(isColumn),
      toggle: (path) => {
        const rest = chosen.filter((each) => each !== path);
        setChosen(rest.length < chosen.length ? rest : [...chosen, path]);
      },
      reset: () => {
        setChosen(defaults);
      },
      choose: setChosen,
    };
  }, [type, view, chosen, setChosen, defaults]);
}
