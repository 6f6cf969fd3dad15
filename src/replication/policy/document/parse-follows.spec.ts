import { describe, expect, it } from '@jest/globals';
import { CrmRecord, RecordType, recordTypes, ReferenceField, TextField } from '../../../records/index.js';
import { parsePolicy } from './parse-policy.js';
import { createPolicySchema } from './policy-schema.js';

@RecordType({ name: 'firm', plural: 'firms', title: ['name'], icon: 'x' })
class Firm extends CrmRecord {
  @TextField() name!: string;
  @ReferenceField('firm') parentId!: string;
}

@RecordType({ name: 'person', plural: 'persons', title: ['name'], icon: 'x' })
class Person extends CrmRecord {
  @TextField() name!: string;
  @ReferenceField('firm') firmId!: string;
}

@RecordType({ name: 'party', plural: 'parties', title: ['name'], icon: 'x' })
class Party extends CrmRecord {
  @TextField() name!: string;
}

@RecordType({ name: 'guest', plural: 'guests', title: ['id'], icon: 'x' })
class Guest extends CrmRecord {
  @ReferenceField('party') partyId!: string;
  @ReferenceField('person') personId!: string;
  @ReferenceField('person') broughtById!: string;
  @ReferenceField('firm') firmId!: string;
}

const schema = createPolicySchema(recordTypes(), []);
const parse = (types: string) => parsePolicy(`version: 1\ntypes:\n${types}`, schema);
const follows = (types: string, type: string) => {
  const parsed = parse(types);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return (parsed.policy.types.get(type)?.follows ?? []).map((follow) => ({
    type: follow.type,
    by: follow.reference.name,
    over: follow.kind === 'reference' ? (follow.next?.reference.name ?? null) : 'link',
  }));
};
const guests = '  party:\n  guest: { follows: party }\n';

describe('follows', () => {
  it('knows the types of this test', () => {
    expect(recordTypes().map(({ target }) => target)).toEqual([Firm, Person, Party, Guest]);
  });

  it('reads one reference, two, and a link', () => {
    expect(follows('  firm:\n  person: { follows: firm }\n', 'person')).toEqual([
      { type: 'firm', by: 'firmId', over: null },
    ]);
    expect(follows('  firm:\n  person: { follows: firm.parent }\n', 'person')).toEqual([
      { type: 'firm', by: 'firmId', over: 'parentId' },
    ]);
    expect(follows(`${guests}  firm: { follows: { through: guest } }\n`, 'firm')).toEqual([
      { type: 'guest', by: 'firmId', over: 'link' },
    ]);
    expect(follows(`${guests}  person: { follows: { through: guest, by: broughtBy } }\n`, 'person')).toEqual([
      { type: 'guest', by: 'broughtById', over: 'link' },
    ]);
  });

  it('reads all of them in one list', () => {
    const types = `${guests}  firm:\n  person: { follows: [firm, firm.parent, { through: guest, by: person }] }\n`;
    expect(follows(types, 'person')).toHaveLength(3);
  });

  it('may go over a type that the policy does not have', () => {
    expect(follows('  firm:\n  guest: { follows: personId.firm }\n', 'guest')).toEqual([
      { type: 'firm', by: 'personId', over: 'firmId' },
    ]);
  });

  it.each([
    ['  firm:\n  person: { follows: firm.parnt }\n', /firm has no reference to `parnt`/, 'parent'],
    ['  firm:\n  person: { follows: firm.parent.parent }\n', /more than two steps/, null],
    ['  firm:\n  person: { follows: [firm, firm] }\n', /`firmId` is named twice/, null],
    [
      `${guests}  person: { follows: { through: guest } }\n`,
      /several references.*`by`.*person, broughtBy/,
      null,
    ],
    [`${guests}  person: { follows: { through: guest, by: broughtBi } }\n`, /no such reference/, 'broughtBy'],
    [`${guests}  person: { follows: { through: gest } }\n`, /unknown type `gest`/, 'guest'],
    [`${guests}  person: { follows: { through: party } }\n`, /party has no reference to person/, null],
    [`${guests}  person: { follows: { throgh: guest } }\n`, /knows no `throgh`/, 'through'],
    [
      '  person: { follows: { through: guest, by: person } }\n',
      /`guest` is not among the policy's types/,
      null,
    ],
    ['  person:\n  guest: { follows: person.firm }\n', /`firm` is not among the policy's types/, null],
  ])('is refused in %j', (types, message, suggestion) => {
    const found = parse(types).issues.find((issue) => message.test(issue.message));
    expect(found).toMatchObject({ suggestion });
    expect(found?.line).toBeGreaterThan(2);
  });

  it.each([
    ['  firm: { follows: parent }\n', 'firm → firm'],
    ['  firm: { follows: parent.parent }\n', 'firm → firm'],
    [
      '  firm:\n  guest: { follows: [firm, personId] }\n  person: { follows: { through: guest, by: person } }\n',
      'person → guest → person',
    ],
  ])('in a circle is refused with the circle spelled out: %j', (types, circle) => {
    expect(
      parse(types)
        .issues.map((issue) => issue.message)
        .join('\n'),
    ).toContain(`: ${circle}`);
  });
});
