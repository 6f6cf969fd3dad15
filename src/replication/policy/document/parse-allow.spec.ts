import { describe, expect, it } from '@jest/globals';
import {
  CrmRecord,
  EmailField,
  MoneyField,
  RecordType,
  recordTypes,
  TextField,
} from '../../../records/index.js';
import { allowancesOf } from './allowances-of.js';
import { parsePolicy } from './parse-policy.js';
import { createPolicySchema } from './policy-schema.js';

@RecordType({ name: 'contact', plural: 'contacts', title: ['name'], icon: 'x' })
class Contact extends CrmRecord {
  @TextField() name!: string;
  @EmailField() email!: string;
  @MoneyField({ classification: 'confidential' }) revenue!: string;
  @TextField({ classification: 'special' }) health!: string;
}

const schema = createPolicySchema(recordTypes(), [
  {
    id: '00000000-0000-4000-8000-000000000001',
    ...{
      type: 'contact',
      key: 'note',
      label: 'Note',
      kind: 'text',
      options: null,
      classification: 'personal',
    },
  },
]);
const parse = (yaml: string, isApproved = false) => parsePolicy(yaml, schema, { isApproved });
const issues = (yaml: string) => parse(yaml).issues;

it('knows the type of this test', () => {
  expect([Contact.name.toLowerCase()]).toEqual(recordTypes().map(({ name }) => name));
});

describe('a field that goes against its classification', () => {
  it('needs a reason, and the refusal names the line and the entry', () => {
    expect(issues('version: 1\ntypes:\n  contact:\n    fields:\n      email: include\n')).toEqual([
      {
        ...{ line: 5, column: 14, path: 'types.contact.fields.email' },
        message: expect.stringMatching(/^`email` is personal, so it needs a reason under `allow`/),
        suggestion: 'allow: { contact.email: "why it may leave" }',
      },
    ]);
  });

  it.each([
    ['fields: { revenue: include }', 'contact.revenue'],
    ['fields: { health: include }', 'contact.health'],
    ['custom: { note: include }', 'contact.custom.note'],
    ['fields: { custom.note: include }', 'contact.custom.note'],
  ])('%s goes with a reason by %s and with no other', (fields, name) => {
    const types = `types: { contact: { ${fields} } }`;
    expect(issues(`version: 1\n${types}`)).toHaveLength(1);
    expect(issues(`version: 1\nallow: { ${name}: "ticket 1" }\n${types}`)).toEqual([]);
    expect(issues(`version: 1\nallow: { personal: "ticket 1" }\n${types}`).length).toBeGreaterThan(0);
  });

  it.each(['{ mask: domain }', '{ pseudonym: keyed }', 'omit'])('needs none as %s', (treatment) => {
    expect(issues(`version: 1\ntypes: { contact: { fields: { email: ${treatment} } } }`)).toEqual([]);
  });

  it('needs none where it is internal', () => {
    expect(issues('version: 1\ntypes: { contact: { fields: { name: include } } }')).toEqual([]);
  });
});

describe('a default that lets a classification go', () => {
  const defaults = 'defaults: { classification: { personal: include } }';
  const types = 'types: { contact: { fields: { email: include } } }';

  it('needs a reason by the name of the classification, which holds for its fields', () => {
    expect(issues(`version: 1\n${defaults}\n${types}`)).toMatchObject([
      {
        line: 2,
        path: 'defaults.classification.personal',
        suggestion: 'allow: { personal: "why it may leave" }',
      },
    ]);
    expect(issues(`version: 1\nallow: { personal: "consent" }\n${defaults}\n${types}`)).toEqual([]);
  });
});

describe('a reason', () => {
  it.each([
    ['allow: { contact.emial: "x" }', 'allow.contact.emial', 'contact.email'],
    ['allow: { contact.email: "x", contact.name: "x" }', 'allow.contact.name', null],
    ['allow: { contact.email: "x", personal: "x" }', 'allow.personal', null],
  ])('%s allows nothing at %s', (allow, path, suggestion) => {
    const found = issues(`version: 1\n${allow}\ntypes: { contact: { fields: { email: include } } }`);
    expect(found).toContainEqual(
      expect.objectContaining({
        line: 2,
        path,
        suggestion,
        message: expect.stringMatching(/allows nothing/),
      }),
    );
  });

  it.each(['', '"  "', '5', '{}', `"${'x'.repeat(501)}"`])('%s is none', (reason) => {
    const yaml = `version: 1\nallow: { contact.email: ${reason} }\ntypes: { contact: { fields: { email: include } } }`;
    expect(issues(yaml)).toMatchObject([
      { line: 2, path: 'allow.contact.email', message: expect.stringMatching(/needs a reason of 1 to 500/) },
    ]);
  });

  it('is read from a stored document, whatever release checked it', () => {
    expect(allowancesOf('version: 1\nallow:\n  contact.email: "contract, ticket 1234"\n  x: 5\n')).toEqual([
      { what: 'contact.email', reason: 'contract, ticket 1234' },
    ]);
    for (const yaml of ['version: 1\ntypes: {}', '', 'allow: x', ': {', '[1]'])
      expect(allowancesOf(yaml)).toEqual([]);
  });
});

describe('a policy that was approved before reasons were asked for', () => {
  const older = 'version: 1\ntypes: { contact: { fields: { email: include } } }';

  it('is read as it stands', () => {
    expect(parse(older).ok).toBe(false);
    const parsed = parse(older, true);
    const treated = parsed.policy?.types.get('contact')?.fields.find(({ field }) => field.name === 'email');
    expect(treated?.treatment).toEqual({ kind: 'include' });
  });
});
