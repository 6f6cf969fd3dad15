import { useMemo } from 'react';
import type { FieldType, RecordType } from '../../api/types.js';
import { useTexts } from '../../i18n/texts.js';

export interface Labels {
  field: (field: FieldType) => string;
  option: (field: FieldType, value: string) => string;
  /** any path a filter may name, `account.sector` included */
  path: (path: string) => string;
}

/** Names of a type's fields and options: the translation, else what the metadata says. */
export function useLabels(type: RecordType): Labels {
  const { find } = useTexts();
  return useMemo(() => {
    const field = (each: FieldType) =>
      each.custom
        ? each.label
        : (find(`fields.${type.name}.${each.name}`) ?? find(`fields.any.${each.name}`) ?? each.label);
    return {
      field,
      option: (_field, value) => find(`options.${value}`) ?? value,
      path: (path) => {
        const own = type.fields.find((each) => each.path === path);
        if (own) return field(own);
        const [relation = '', name = ''] = path.split('.');
        return find(`fields.${relation}.${name}`) ?? find(`fields.any.${name}`) ?? name;
      },
    };
  }, [find, type]);
}
