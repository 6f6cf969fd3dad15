// The web UI may not import the server, nor the server the web UI: so what the form offers for a field is held against
// the server's parser here.
import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { CrmRecord, RecordType, recordTypes, TextField } from '../../src/records/index.js';
import { parsePolicy } from '../../src/replication/policy/document/parse-policy.js';
import { maskNames, periods } from '../../src/replication/policy/document/policy.model.js';
import {
  createPolicySchema,
  type CustomFieldDefinition,
} from '../../src/replication/policy/document/policy-schema.js';
import {
  choicesOf,
  firstDetail,
  readTreatment,
  writeTreatment,
} from '../../web/src/features/cloud/policy-form/treatments.js';

@RecordType({ name: 'guest', plural: 'guests', title: ['name'], icon: 'x' })
class Guest extends CrmRecord {
  @TextField() name!: string;
}

const kinds = [
  'text',
  'longText',
  'email',
  'phone',
  'url',
  'integer',
  'decimal',
  'money',
  'date',
  'dateTime',
  'choice',
  'boolean',
] as const;
const schema = createPolicySchema(
  recordTypes(),
  kinds.map((kind): CustomFieldDefinition => ({
    ...{ id: kind, type: 'guest', key: kind, label: kind, options: null, classification: 'public' },
    kind: kind as CustomFieldDefinition['kind'],
  })),
);

/** Everything that a policy could say of a field. */
const everything = [
  ...maskNames.map((mask) => ({ mask })),
  { pseudonym: 'keyed' },
  ...periods.map((generalise) => ({ generalise })),
  { generalise: { band: 10 } },
  { generalise: { prefix: 3 } },
];
const takes = (kind: string, treatment: unknown): boolean =>
  parsePolicy(stringify({ version: 1, types: { guest: { custom: { [kind]: treatment } } } }), schema).ok;

describe('what the form of a policy offers', () => {
  it('is offered for the type of this test', () => {
    expect(recordTypes().map(({ target }) => target)).toEqual([Guest]);
  });

  it.each(kinds)('%s: is what the server takes, and all of it', (kind) => {
    const offered = choicesOf({ kind }).filter((choice) => !['default', 'include', 'omit'].includes(choice));
    const written = offered.map((choice) => writeTreatment({ choice, detail: firstDetail(choice) }));
    expect(new Set(written.map((each) => JSON.stringify(each)))).toEqual(
      new Set(everything.filter((treatment) => takes(kind, treatment)).map((each) => JSON.stringify(each))),
    );
  });

  it('is read again as what was chosen', () => {
    for (const choice of kinds.flatMap((kind) => choicesOf({ kind })).filter((each) => each !== 'other')) {
      const treatment = { choice, detail: firstDetail(choice) };
      expect(readTreatment(writeTreatment(treatment))).toEqual(treatment);
    }
    expect(readTreatment({ pseudonym: 'keyed', scope: 'sales' })).toEqual({
      choice: 'pseudonym',
      detail: 'sales',
    });
    expect(readTreatment({ mask: 'unheard-of' }).choice).toBe('other');
  });
});
