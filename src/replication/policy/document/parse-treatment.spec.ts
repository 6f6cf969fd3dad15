import { describe, expect, it } from '@jest/globals';
import {
  ChoiceField,
  CrmRecord,
  DateField,
  DateTimeField,
  EmailField,
  IntegerField,
  LongTextField,
  MoneyField,
  RecordType,
  recordTypes,
  ReferenceField,
  TextField,
} from '../../../records/index.js';
import { parsePolicy } from './parse-policy.js';
import { describeTreatment, type Treatment } from './policy.model.js';
import { createPolicySchema } from './policy-schema.js';

@RecordType({ name: 'guest', plural: 'guests', title: ['name'], icon: 'x' })
class Guest extends CrmRecord {
  @TextField() name!: string;
  @EmailField() email!: string;
  @LongTextField() notes!: string;
  @ChoiceField({ options: ['a', 'b'] }) kind!: string;
  @DateField() born!: string;
  @DateTimeField() arrival!: string;
  @IntegerField() beds!: number;
  @MoneyField() price!: string;
  @ReferenceField('guest') hostId!: string;
}

const custom = (key: string, kind: 'text' | 'decimal' | 'choice') =>
  ({ id: key, type: 'guest', key, label: key, kind, options: null, classification: 'public' }) as const;
const schema = createPolicySchema(recordTypes(), [
  custom('zip', 'text'),
  custom('score', 'decimal'),
  custom('grade', 'choice'),
]);
const parse = (field: string, treatment: string) =>
  parsePolicy(`version: 1\ntypes:\n  guest: { fields: { ${field}: ${treatment} } }\n`, schema);
const read = (field: string, treatment: string): Treatment | undefined => {
  const type = parse(field, treatment).policy?.types.get('guest');
  return [...(type?.fields ?? []), ...(type?.customFields ?? [])].find((one) => one.field.name === field)
    ?.treatment;
};

describe('a treatment', () => {
  it('is of the type of this test', () => {
    expect(recordTypes().map(({ target }) => target)).toEqual([Guest]);
  });

  it.each([
    ['email', '{ pseudonym: keyed }', { kind: 'pseudonym', scope: '' }],
    ['name', '{ pseudonym: keyed, scope: sales-2 }', { kind: 'pseudonym', scope: 'sales-2' }],
    ['custom.zip', '{ pseudonym: keyed }', { kind: 'pseudonym', scope: '' }],
    ['born', '{ generalise: month }', { kind: 'generalise', to: { kind: 'period', period: 'month' } }],
    ['arrival', '{ generalise: quarter }', { kind: 'generalise', to: { kind: 'period', period: 'quarter' } }],
    ['beds', '{ generalise: { band: 10 } }', { kind: 'generalise', to: { kind: 'band', width: '10' } }],
    ['price', '{ generalise: { band: 0.50 } }', { kind: 'generalise', to: { kind: 'band', width: '0.50' } }],
    ['custom.score', '{ generalise: { band: 5 } }', { kind: 'generalise', to: { kind: 'band', width: '5' } }],
    ['name', '{ generalise: { prefix: 3 } }', { kind: 'generalise', to: { kind: 'prefix', length: 3 } }],
    [
      'custom.zip',
      '{ generalise: { prefix: 2 } }',
      { kind: 'generalise', to: { kind: 'prefix', length: 2 } },
    ],
  ])('of %s reads %s', (field, written, treatment) => {
    expect(read(field, written)).toEqual(treatment);
  });

  it.each([
    ['beds', '{ pseudonym: keyed }', 'a integer cannot be a pseudonym', null],
    ['kind', '{ pseudonym: keyed }', 'a choice cannot be a pseudonym', null],
    ['notes', '{ pseudonym: keyed }', 'a longText cannot be a pseudonym', null],
    ['hostId', '{ pseudonym: keyed }', 'a reference cannot be a pseudonym', null],
    ['custom.grade', '{ pseudonym: keyed }', 'a choice cannot be a pseudonym', null],
    ['email', '{ pseudonym: salted }', 'unknown pseudonym `salted`', 'keyed'],
    ['email', '{ psuedonym: keyed }', 'knows no `psuedonym`', 'pseudonym'],
    ['email', '{ pseudonym: keyed, scope: "a b" }', 'a scope is a name', null],
    ['email', '{ mask: domain, scope: x }', '`scope` belongs to a pseudonym', null],
    ['email', '{ pseudonym: keyed, mask: all }', '`mask` cannot stand beside `pseudonym`', null],
    ['email', '{ scope: x }', 'unknown treatment', null],
    ['email', '{ generalise: month }', 'a email cannot be generalised', null],
    ['notes', '{ generalise: { prefix: 3 } }', 'a longText cannot be generalised', null],
    ['born', '{ generalise: moth }', 'generalised to month, quarter, year', 'month'],
    ['born', '{ generalise: { band: 3 } }', 'generalised to month, quarter, year', null],
    ['beds', '{ generalise: month }', 'generalised to { band: <width> }', null],
    ['beds', '{ generalise: { prefix: 3 } }', 'generalised to { band: <width> }', 'band'],
    ['beds', '{ generalise: { band: 0.5 } }', 'a whole number above 0', null],
    ['beds', '{ generalise: { band: 0 } }', 'a whole number above 0', null],
    ['price', '{ generalise: { band: -1 } }', 'at most 4 digits after the point above 0', null],
    ['price', '{ generalise: { band: 0.0000 } }', 'above 0', null],
    ['price', '{ generalise: { band: 1e3 } }', 'above 0', null],
    ['price', '{ generalise: { bnd: 10 } }', 'knows no `bnd`', 'band'],
    ['name', '{ generalise: { prefix: 0 } }', '1 to 100 characters', null],
    ['name', 'pseudonim', 'unknown treatment `pseudonim`', 'pseudonym'],
  ])('of %s is refused as %s, with place and suggestion', (field, written, message, suggestion) => {
    const [issue, ...others] = parse(field, written).issues;
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ line: 3, suggestion });
    expect(issue?.path).toContain(`types.guest.fields.${field}`);
    expect(issue?.message).toContain(message);
  });

  it('is told to a replica in a few words, without the scope', () => {
    const told = (field: string, written: string) => {
      const treatment = read(field, written);
      return treatment && describeTreatment(treatment);
    };
    expect(told('email', '{ pseudonym: keyed, scope: x }')).toBe('pseudonym');
    expect(told('email', '{ mask: domain }')).toBe('mask domain');
    expect(told('born', '{ generalise: year }')).toBe('generalise year');
    expect(told('price', '{ generalise: { band: 1000 } }')).toBe('generalise band 1000');
    expect(told('name', '{ generalise: { prefix: 3 } }')).toBe('generalise prefix 3');
    expect(told('name', 'include')).toBeNull();
  });
});
