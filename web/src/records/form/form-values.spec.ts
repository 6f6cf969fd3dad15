import { describe, expect, it } from '@jest/globals';
import type { CrmRecord, FieldType } from '../../api/types.js';
import { checkValue, sortProblems, toFormValues, toPatch } from './form-values.js';

const field = (name: string, more: Partial<FieldType> = {}): FieldType => ({
  name,
  path: name,
  kind: 'text',
  label: name,
  required: false,
  readOnly: false,
  custom: false,
  classification: 'internal',
  filterable: true,
  sortable: true,
  ...more,
});
const fields = [
  field('name', { required: true, max: 5 }),
  field('amount', { kind: 'money', min: 0 }),
  field('state', { path: 'custom.state', custom: true }),
];
const record = {
  id: '1',
  version: 3,
  name: 'Old',
  amount: { amount: '1.00', currency: 'USD' },
  custom: { state: 'FL', other: 'kept' },
} as unknown as CrmRecord;

describe('a form', () => {
  it('sends only what was changed, custom fields by key', () => {
    const values = { ...toFormValues(fields, record), name: 'New', custom_state: null };
    expect(toPatch(fields, values, record)).toEqual({ name: 'New', custom: { state: null } });
  });

  it('sends nothing where nothing was changed', () => {
    expect(toPatch(fields, toFormValues(fields, record), record)).toEqual({});
  });

  it('checks by the field’s own rules before it asks the server', () => {
    const [name, amount] = fields as [FieldType, FieldType];
    expect(checkValue(name, null)).toBe('required');
    expect(checkValue(name, 'too long')).toBe('tooLong');
    expect(checkValue(amount, { amount: 'x', currency: 'USD' })).toBe('notNumber');
    expect(checkValue(amount, { amount: '-1', currency: 'USD' })).toBe('tooSmall');
    expect(checkValue(amount, null)).toBeNull();
  });

  it('refuses an address that would run as a script', () => {
    expect(checkValue(field('website', { kind: 'url' }), 'javascript:alert(1)')).toBe('notUrl');
  });

  it('puts the server’s complaints beside their fields and keeps the rest', () => {
    const sorted = sortProblems(fields, [
      { path: 'amount.currency', message: 'is unknown' },
      { path: 'custom.state', message: 'is too long' },
      { path: 'elsewhere', message: 'is odd' },
    ]);
    expect(sorted.byField.map(({ field: { path } }) => path)).toEqual(['amount', 'custom.state']);
    expect(sorted.rest.map(({ path }) => path)).toEqual(['elsewhere']);
  });
});
