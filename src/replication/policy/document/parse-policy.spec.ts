import { describe, expect, it } from '@jest/globals';
import {
  ChoiceField,
  CrmRecord,
  DateField,
  EmailField,
  IntegerField,
  MoneyField,
  PhoneField,
  RecordType,
  recordTypes,
  ReferenceField,
  TextField,
} from '../../../records/index.js';
import { parsePolicy } from './parse-policy.js';
import { createPolicySchema } from './policy-schema.js';

@RecordType({ name: 'user', plural: 'users', title: ['name'], icon: 'x', cloud: 'system' })
class User extends CrmRecord {
  @TextField() name!: string;
}

@RecordType({ name: 'account', plural: 'accounts', title: ['name'], icon: 'x' })
class Account extends CrmRecord {
  @TextField({ classification: 'public' }) name!: string;
  @TextField() sector!: string;
  @ChoiceField({ options: ['customer', 'partner'] }) kind!: string;
  @PhoneField({ classification: 'internal' }) phone!: string;
  @MoneyField({ classification: 'confidential' }) revenue!: string;
  @IntegerField() employees!: number;
  @DateField() since!: string;
  @ReferenceField('account') parentId!: string;
}

@RecordType({ name: 'contact', plural: 'contacts', title: ['name'], icon: 'x' })
class Contact extends CrmRecord {
  @TextField() name!: string;
  @EmailField() email!: string;
  @ReferenceField('account') employerId!: string;
  @ReferenceField('account') formerEmployerId!: string;
}

@RecordType({ name: 'deal', plural: 'deals', title: ['name'], icon: 'x' })
class Deal extends CrmRecord {
  @TextField() name!: string;
  @ReferenceField('account') accountId!: string;
  @ReferenceField('contact') contactId!: string;
}

it('knows the types of this test', () => {
  expect([User, Account, Contact, Deal].map((type) => type.name.toLowerCase())).toEqual(
    recordTypes().map(({ name }) => name),
  );
});

const schema = createPolicySchema(recordTypes(), [
  {
    id: '00000000-0000-4000-8000-000000000001',
    type: 'deal',
    key: 'region',
    label: 'Region',
    kind: 'choice',
    options: ['north', 'south'],
    classification: 'public',
  },
  {
    id: '00000000-0000-4000-8000-000000000002',
    type: 'deal',
    key: 'secret',
    label: 'Secret',
    kind: 'text',
    options: null,
    classification: 'public',
  },
]);

const parse = (yaml: string) => parsePolicy(yaml, schema);
const issues = (yaml: string) => parse(yaml).issues;
const first = (yaml: string) => issues(yaml)[0];
const policy = (yaml: string) => {
  const parsed = parse(yaml);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.policy;
};
const treatment = (yaml: string, type: string, field: string) => {
  const found = policy(yaml).types.get(type);
  return [...(found?.fields ?? []), ...(found?.customFields ?? [])].find((item) => item.field.name === field);
};

describe('a policy that is wrong', () => {
  it('names line, column and the type that was probably meant', () => {
    expect(first('version: 1\ntypes:\n  acount: {}\n')).toEqual({
      line: 3,
      column: 3,
      path: 'types.acount',
      message: 'unknown type `acount`; known: account, contact, deal',
      suggestion: 'account',
    });
  });

  it.each([
    [
      'version: 1\ntypes: { account: { fields: { revenu: omit } } }',
      'types.account.fields.revenu',
      'revenue',
    ],
    ['version: 1\ntypes: { deal: { custom: { regoin: omit } } }', 'types.deal.custom.regoin', 'region'],
    [
      'version: 1\ntypes: { deal: { fields: { custom.regin: omit } } }',
      'types.deal.fields.custom.regin',
      'custom.region',
    ],
    [
      'version: 1\ntypes: { account: { fields: { phone: { mask: lsat4 } } } }',
      'types.account.fields.phone.mask',
      'last4',
    ],
    ['version: 1\ntypes: { account: { fields: { phone: omitt } } }', 'types.account.fields.phone', 'omit'],
    [
      'version: 1\ntypes: { account: { fields: { phone: { maks: last4 } } } }',
      'types.account.fields.phone.maks',
      'mask',
    ],
    ['version: 1\ntypes: { account: { were: {} } }', 'types.account.were', 'where'],
    ['version: 1\ntype: {}\ntypes: {}', 'type', 'types'],
    [
      'version: 1\ntypes: { account: { where: { field: sectr, op: eq, value: x } } }',
      'types.account.where.field',
      'sector',
    ],
    [
      'version: 1\ntypes: { deal: { where: { field: account.sectr, op: eq, value: x } } }',
      'types.deal.where.field',
      'account.sector',
    ],
    [
      'version: 1\ntypes: { account: { where: { field: sector, op: equals, value: x } } }',
      'types.account.where.op',
      'eq',
    ],
    [
      'version: 1\ntypes: { account: { where: { field: sector, op: nqe, value: x } } }',
      'types.account.where.op',
      'neq',
    ],
    [
      'version: 1\ntypes: { account: { where: { field: kind, op: eq, value: custmer } } }',
      'types.account.where.value',
      'customer',
    ],
    ['version: 1\ntypes: { account: , deal: { follows: acount } }', 'types.deal.follows', 'account'],
    [
      'version: 1\ndefaults: { classification: { persnal: omit } }\ntypes: {}',
      'defaults.classification.persnal',
      'personal',
    ],
    ['version: 1\ntypes: {}\nbrake: { delete: 5 }', 'brake.delete', 'deletes'],
  ])('%s is told at %s and meant %s', (yaml, path, suggestion) => {
    const found = issues(yaml);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ path, suggestion });
  });

  it.each([
    ['types: {}', /needs a `version`/],
    ['version: 1', /needs `types`/],
    ['version: 0\ntypes: {}', /whole number from 1/],
    ['version: "1"\ntypes: {}', /whole number from 1/],
    ['version: 1\ntypes: { user: {} }', /system set/],
    ['version: 1\ntypes: { account: { fields: { ownerId: omit } } }', /always travels/],
    ['version: 1\ntypes: { account: { fields: { deletedAt: include } } }', /has no field/],
    ['version: 1\ntypes: { account: { fields: { employees: { mask: last4 } } } }', /cannot be masked/],
    [
      'version: 1\ntypes: { account: { fields: { phone: { tokenise: keyed } } } }',
      /knows no `tokenise`; known: mask, pseudonym, generalise/,
    ],
    [
      'version: 1\ntypes: { account: { fields: { phone: { mask: domain } } } }',
      /no mask `domain`; known: last4, all/,
    ],
    [
      'version: 1\ntypes: { deal: { fields: { custom.region: omit }, custom: { region: include } } }',
      /named twice/,
    ],
    ['version: 1\ntypes: { account: { where: { field: sector, op: lt, value: x } } }', /cannot be used/],
    ['version: 1\ntypes: { account: { where: { field: employees, op: gt, value: many } } }', /whole number/],
    ['version: 1\ntypes: { account: { where: { field: since, op: gt, value: 2026-02-30 } } }', /no such day/],
    ['version: 1\ntypes: { account: { where: { field: since, op: gt, value: now } } }', /expected a date/],
    ['version: 1\ntypes: { account: { where: { field: sector, op: eq } } }', /needs a `value`/],
    [
      'version: 1\ntypes: { account: { where: { field: sector, op: eq, value: 7 } } }',
      /put it in quotes: "7"/,
    ],
    ['version: 1\ntypes: { account: { where: { field: sector, op: in, value: [] } } }', /list of 1 to/],
    ['version: 1\ntypes: { account: { where: { field: sector, op: empty, value: x } } }', /takes no value/],
    ['version: 1\ntypes: { account: { where: { and: [] } } }', /list of filters/],
    ['version: 1\ntypes: { account: { where: { field: parent.parent.sector, op: empty } } }', /no field/],
    ['version: 1\ntypes: { deal: { follows: account } }', /not among the policy's types/],
    [
      'version: 1\ntypes: { account: { follows: account } }',
      /leads from account back to itself: account → account/,
    ],
    ['version: 1\ntypes: { account: , contact: { follows: account } }', /several references to account/],
    ['version: 1\ntypes: { account: &a {}, contact: *a }', /anchors are not allowed/],
    ['version: 1\ntypes: { account: !!map {} }', /tags are not allowed/],
    ['version: 1\nversion: 2\ntypes: {}', /not YAML/],
    ['version: 1\n---\ntypes: {}', /not YAML/],
    [`version: 1\ntypes: ${'['.repeat(60_000)}`, /YAML|deep/],
    [`version: 1\ntypes: {} #${'x'.repeat(300_000)}`, /at most/],
    ['', /needs a `version`|mapping/],
    ['- 1', /mapping/],
  ])('%s is refused', (yaml, message) => {
    expect(
      issues(yaml)
        .map((issue) => issue.message)
        .join('\n'),
    ).toMatch(message);
  });

  it('is refused where a filter is too deep or too wide', () => {
    const leaf = '{ field: sector, op: eq, value: x }';
    const deep = '{ not: '.repeat(10) + leaf + ' }'.repeat(10);
    expect(first(`version: 1\ntypes: { account: { where: ${deep} } }`)?.message).toMatch(/10 levels/);
    const wide = `{ or: [${Array.from({ length: 101 }, () => leaf).join(', ')}] }`;
    expect(first(`version: 1\ntypes: { account: { where: ${wide} } }`)?.message).toMatch(/100 conditions/);
  });

  it('tells everything that is wrong at once, in reading order', () => {
    const found = issues('version: 1\ntypes:\n  account: { fields: { nme: omit } }\n  dael: {}\nbrk: 1\n');
    expect(found.map(({ line, suggestion }) => [line, suggestion])).toEqual([
      [3, 'name'],
      [4, 'deal'],
      [5, null],
    ]);
  });
});

describe('a policy that is right', () => {
  it('treats unnamed fields by their classification', () => {
    const yaml = 'version: 3\ntypes: { account: , contact: }';
    expect(treatment(yaml, 'account', 'name')).toMatchObject({
      treatment: { kind: 'include' },
      decidedBy: 'classification',
    });
    expect(treatment(yaml, 'account', 'revenue')).toMatchObject({ treatment: { kind: 'omit' } });
    expect(treatment(yaml, 'contact', 'email')).toMatchObject({ treatment: { kind: 'omit' } });
    const open = `${yaml}\nallow: { personal: "consent" }\ndefaults: { classification: { personal: include } }`;
    expect(treatment(open, 'contact', 'email')).toMatchObject({ treatment: { kind: 'include' } });
  });

  it('leaves a custom field out until it is named, whatever its classification', () => {
    expect(treatment('version: 1\ntypes: { deal: }', 'deal', 'custom.secret')).toMatchObject({
      treatment: { kind: 'omit' },
      decidedBy: 'unnamed',
    });
    const named = 'version: 1\ntypes: { deal: { custom: { secret: { mask: last4 } } } }';
    expect(treatment(named, 'deal', 'custom.secret')).toMatchObject({
      treatment: { kind: 'mask', mask: 'last4' },
    });
  });

  it('never tells of the recycle bin and always sends the owner', () => {
    const fields = policy('version: 1\ntypes: { account: }').types.get('account')?.fields ?? [];
    const names = fields.map(({ field }) => field.name);
    expect(names).not.toContain('deletedAt');
    expect(names).not.toContain('ownerId');
  });

  it('follows by type, by relation and by several', () => {
    expect(
      policy('version: 1\ntypes: { account: , deal: { follows: account } }').types.get('deal')?.follows,
    ).toMatchObject([{ reference: { name: 'accountId' }, type: 'account' }]);
    expect(
      policy('version: 1\ntypes: { account: , contact: { follows: formerEmployer } }').types.get('contact')
        ?.follows,
    ).toMatchObject([{ reference: { name: 'formerEmployerId' } }]);
    expect(
      policy('version: 1\ntypes: { account: , contact: , deal: { follows: [account, contact] } }').types.get(
        'deal',
      )?.follows,
    ).toHaveLength(2);
  });

  it('keeps the digits of a number as they are written', () => {
    const where = policy(
      'version: 1\ntypes: { account: { where: { field: revenue, op: gte, value: 1234567890123456.10 } } }',
    ).types.get('account')?.where;
    expect(where).toMatchObject({ values: ['1234567890123456.10'] });
  });
});
