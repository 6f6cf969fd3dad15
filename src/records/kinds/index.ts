import type { FieldKind } from '../metadata/field.meta.js';
import type { FieldKindRules } from './field-kind.js';
import { decimalKind, integerKind, moneyKind } from './number-kinds.js';
import { booleanKind, dateKind, dateTimeKind, idKind, referenceKind } from './other-kinds.js';
import { tagsKind } from './tags-kind.js';
import { choiceKind, emailKind, longTextKind, phoneKind, textKind, urlKind } from './text-kinds.js';

/** The one table of kinds. */
export const kinds: Readonly<Record<FieldKind, FieldKindRules>> = Object.freeze({
  id: idKind,
  text: textKind,
  longText: longTextKind,
  email: emailKind,
  phone: phoneKind,
  url: urlKind,
  integer: integerKind,
  decimal: decimalKind,
  money: moneyKind,
  boolean: booleanKind,
  date: dateKind,
  dateTime: dateTimeKind,
  choice: choiceKind,
  reference: referenceKind,
  tags: tagsKind,
});

export { filterOps, type FieldKindRules, type FilterOp, type JsonSchema, type Parsed } from './field-kind.js';
export { currencyDigits } from './currency.js';
export { parseDecimal, toMoney, trimDecimal, type Money } from './number-kinds.js';
export { isUuid, readTime } from './other-kinds.js';
export { tagName } from './tags-kind.js';
