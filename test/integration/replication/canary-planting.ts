// A company's data with a word that occurs nowhere else in every place that a policy can keep home.
import { randomUUID } from 'node:crypto';
import { withTransaction } from '../../../src/platform/database/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import type { AttachmentWorld, StoredBlob } from '../connector/attachment-world.js';
import { Canaries, type CanaryKind } from './canary-search.js';

export const canaries = new Canaries();
export const never = (label: string) => canaries.word('never', label);
export const left = (label: string) => canaries.word('left', label);
export const allowed = (label: string) => canaries.word('allowed', label);

/** The keys of custom fields are planted too: a key says what a field holds. */
const secretKey = never('the key of an omitted custom field');
const orphanKey = never('a custom value without a definition, its key');

interface Parts {
  email: string;
  channel: string;
  product: string;
  activity: string;
  maxSize: string;
  allow: string;
}

const policy = (more: Parts) => `
# ${never('a comment of the policy')}
${more.allow}
defaults:
  classification: { special: omit, personal: omit, confidential: omit, internal: include, public: include }
types:
  account:
    where: { field: sector, op: neq, value: medical }
    attachments: { label: shareable, maxSize: ${more.maxSize} }
    fields:
      externalId: { pseudonym: keyed }
      revenue: { generalise: { band: 100000 } }
      employees: omit
      country: { generalise: { prefix: 2 } }
      phone: { mask: last4 }
  contact:
    follows: account
    fields: { externalId: { pseudonym: keyed, scope: people }, firstName: { mask: initial }, email: ${more.email}, phone: { mask: last4 }, mobile: { mask: last4 } }
  deal: { follows: account, fields: { description: omit } }
  case:
    follows: account
    custom:
      product: include
      channel: ${more.channel}
      reference: { mask: last4 }
      zipCode: omit
      ${secretKey}: omit
  ${more.activity}
  product: { where: { field: family, op: notIn, value: [${more.product}] } }
`;
const activity = 'activity: { follows: [account, contact, deal, case] }';
/** the first policy */
export const wide = () =>
  policy({
    ...{ email: 'include', channel: 'include', product: 'prototype', activity, maxSize: '100kB' },
    allow: 'allow: { contact.email: a test }',
  });
/** the second: less of the same */
export const narrow = () =>
  policy({
    ...{ email: '{ mask: domain }', channel: 'omit', product: 'prototype, discontinued', activity: '' },
    ...{ maxSize: '1kB', allow: '' },
  });

let world: AttachmentWorld;
export const ids: Record<string, string> = {};

export async function plantCanaries(on: AttachmentWorld): Promise<void> {
  world = on;
  await plantBesideRecords();
  await plantRecords();
  await plantFiles();
}

const textOf = (table: string, words: Record<string, string>, more: Record<string, unknown>) =>
  world.insert(table, { ...words, ...more });

/** Every free text of a type, each with a word of its own. */
function texts(kind: CanaryKind, label: string, ...columns: string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column) => [column, canaries.word(kind, `${label}, ${column}`)]));
}

const columnsOf = {
  account: ['external_id', 'name', 'country', 'phone', 'website', 'description'],
  contact: ['external_id', 'first_name', 'last_name', 'job_title', 'email', 'phone', 'mobile', 'description'],
  deal: ['external_id', 'name', 'description'],
  case: ['external_id', 'subject', 'origin', 'description'],
  activity: ['external_id', 'subject', 'body'],
  product: ['external_id', 'name', 'code', 'description'],
  user: ['external_id', 'name', 'email', 'office', 'manager', 'locale', 'time_zone'],
  pipeline: ['external_id', 'name', 'key'],
  stage: ['external_id', 'name', 'key'],
} as const;
type Type = keyof typeof columnsOf;

/** What a type needs besides, none of it secret. */
const basis = (type: Type): Record<string, unknown> =>
  ({
    account: { kind: 'customer' },
    contact: {},
    deal: { pipeline_id: ids.pipeline, stage: 'new', status: 'open' },
    case: { status: 'new', priority: 'normal' },
    activity: { kind: 'note', done: false },
    product: { active: true },
    user: { active: true },
    pipeline: { position: 1, is_default: false },
    stage: { status: 'open', probability: 0, position: 1, pipeline_id: ids.pipeline },
  })[type];

/** A row all of whose texts, custom values and own id must stay home. */
export async function secretRow(type: Type, label: string, more: Record<string, unknown>): Promise<string> {
  const about = `${type} ${label}`;
  return textOf(`crm."${type}"`, texts('never', about, ...columnsOf[type]), {
    id: canaries.id('never', `${about}, its id`),
    custom: JSON.stringify({
      product: never(`${about}, an included custom value`),
      other: never(`${about}, custom`),
    }),
    ...basis(type),
    ...more,
  });
}

async function plantBesideRecords(): Promise<void> {
  ids.pipeline = await world.insert('crm.pipeline', {
    name: allowed('pipeline'),
    key: 'p',
    ...basis('pipeline'),
  });
  const define = (key: string, more: Record<string, unknown>) =>
    world.insert('crm.custom_field', {
      ...{ type: 'case', key, label: key, kind: 'text', classification: 'internal', ...more },
    });
  await define('product', { label: allowed('label of an included custom field') });
  await define('channel', { label: left('label of a custom field that is omitted later') });
  await define('reference', {});
  await define('zipCode', { label: never('label of an omitted custom field') });
  await define(secretKey, {
    kind: 'choice',
    options: JSON.stringify([never('an option of an omitted custom field')]),
  });
  await define(never('the key of an unnamed personal custom field'), { classification: 'personal' });
  await define(never('the key of a custom field of an unnamed type'), {
    type: 'user',
    label: never('its label'),
  });
  ids.signsIn = await world.insert('crm."user"', {
    ...{ name: allowed('user'), email: `${allowed('e-mail of a replica login')}@example.com`, active: true },
    ...texts('never', 'a user who signs in', 'external_id', 'office', 'manager'),
    custom: JSON.stringify({ any: never('a custom value of a user') }),
  });
  ids.staysHome = await world.insert('crm."user"', {
    ...{
      name: allowed('user without a login'),
      email: `${never('e-mail of a user without a login')}@example.com`,
    },
    active: true,
  });
  await plantAccess();
  await plantAudit();
  await world.sql(
    `INSERT INTO platform.import (id, type, label, mapping, file_name, principal, problems)
     VALUES ($1, 'account', $2, $3, $4, jsonb_build_object('name', $5::text), jsonb_build_array($6::text))`,
    [
      canaries.id('never', 'the id of an import'),
      ...['label', 'mapping', 'file name', 'principal', 'problem'].map((name) =>
        never(`an import's ${name}`),
      ),
    ],
  );
}

async function plantAccess(): Promise<void> {
  const hash = (word: string) => `$argon2id$v=19$m=64,t=1,p=1$${word}`;
  const { signsIn, staysHome } = ids;
  for (const user of [signsIn, staysHome])
    await world.sql('INSERT INTO access.credential (user_id, password_hash) VALUES ($1, $2)', [
      user,
      hash(never('the hash of a password')),
    ]);
  await world.sql(`INSERT INTO access.role (id, key, name, hidden_fields) VALUES ($1, 'clerk', $2, $3)`, [
    randomUUID(),
    allowed('role'),
    JSON.stringify({ case: ['origin', `custom.${secretKey}`, 'custom.product'] }),
  ]);
  await world.sql(
    `INSERT INTO access.replica_login (id, user_id, email, password_hash) SELECT $1, id, email, $3
     FROM crm."user" WHERE id = $2`,
    [randomUUID(), signsIn, hash(allowed('the hash of a replica password'))],
  );
  await world.sql(
    `INSERT INTO access.api_token (id, name, token_hash, user_id, scopes) VALUES ($1, $2, $3, $4, '{read}')`,
    [
      canaries.id('never', 'the id of a token'),
      never('the name of a token'),
      Buffer.from(never('the hash of a token').padEnd(32).slice(0, 32)),
      signsIn,
    ],
  );
  await world.sql(
    `INSERT INTO access.session (id, token_hash, user_id, expires_at, login_stamp, user_agent)
     VALUES ($1, $2, $3, now(), '', $4)`,
    [
      canaries.id('never', 'the id of a session'),
      Buffer.from(never('the hash of a session').padEnd(32).slice(0, 32)),
      signsIn,
      never('the browser of a session'),
    ],
  );
}

async function plantAudit(): Promise<void> {
  const ctx = {
    ...systemContext(never('a request id of the audit')),
    reason: never('a reason of the audit'),
  };
  const entry = {
    ...{
      action: never('an action of the audit'),
      type: 'account',
      recordId: canaries.id('never', 'an audited id'),
    },
    fieldNames: [never('a field name of the audit')],
    before: { name: never('a value before') },
    after: { name: never('a value after') },
  };
  await withTransaction(world.app, (tx) => world.audit.append(tx, ctx, [entry]));
}

async function plantRecords(): Promise<void> {
  ids.medical = await secretRow('account', 'of the medical sector', { sector: 'medical' });
  const account_id = ids.medical;
  ids.contactOut = await secretRow('contact', 'of a medical account', { account_id });
  ids.dealOut = await secretRow('deal', 'of a medical account', { account_id });
  ids.caseOut = await secretRow('case', 'of a medical account', { account_id });
  await secretRow('activity', 'of a medical account', { account_id });
  ids.contactAlone = await secretRow('contact', 'without an account', {});
  await secretRow('deal', 'without an account', {});
  await secretRow('case', 'without an account', {});
  await secretRow('activity', 'without a link', {});
  ids.productOut = await secretRow('product', 'not selected', { family: 'prototype' });
  for (const type of ['account', 'product', 'pipeline', 'stage', 'user'] as const)
    await secretRow(type, 'in the recycle bin', { deleted_at: new Date() });

  ids.account = await world.insert('crm.account', {
    ...{ id: canaries.id('allowed', 'an id'), name: allowed('account'), kind: 'customer', sector: 'retail' },
    ...texts('never', 'a selected account', 'external_id', 'country'),
    ...{
      phone: `${canaries.digits('never', 'the masked part of a phone number')}4477`,
      parent_id: ids.medical,
    },
    ...{ revenue: canaries.digits('never', 'revenue'), revenue_currency: 'EUR', owner_id: ids.signsIn },
    employees: canaries.digits('never', 'employees').slice(0, 9),
  });
  await world.sql(`UPDATE crm.account SET employees = NULL`);
  ids.contact = await world.insert('crm.contact', {
    ...{ last_name: allowed('contact'), first_name: `J${never('the masked part of a first name')}` },
    ...{ email: `${left('the local part of an e-mail')}@${allowed('the domain of an e-mail')}.example` },
    ...{
      mobile: `${canaries.digits('never', 'the masked part of a mobile number')}0815`,
      account_id: ids.account,
    },
    external_id: never('a key of another system, which no policy named'),
  });
  const linked = { account_id: ids.account, contact_id: ids.contactOut };
  ids.deal = await world.insert('crm.deal', {
    ...{
      name: left('an earlier name of a deal'),
      description: never('an omitted description'),
      ...basis('deal'),
      ...linked,
    },
    product_id: ids.productOut,
  });
  ids.case = await world.insert('crm.case', {
    ...{ subject: allowed('case'), description: never('a confidential field by default'), ...basis('case') },
    ...{ account_id: ids.account, contact_id: ids.contactAlone },
    custom: JSON.stringify({
      ...{
        product: allowed('an included custom value'),
        channel: left('a custom value that is omitted later'),
      },
      ...{ zipCode: never('an omitted custom value'), [secretKey]: never('a custom value of a choice') },
      ...{ [orphanKey]: never('a custom value without a definition') },
      reference: `${never('the masked part of a custom value')}7788`,
    }),
  });
  const note = { kind: 'note', done: false, account_id: ids.account };
  await world.insert('crm.activity', {
    ...note,
    subject: left('an activity of a type that leaves the policy'),
  });
  await secretRow('activity', 'of a selected account and a hidden deal', { ...note, deal_id: ids.dealOut });
  await secretRow('activity', 'of a selected account and a hidden case', { ...note, case_id: ids.caseOut });
  await secretRow('activity', 'of a selected account and a hidden contact', {
    ...note,
    contact_id: ids.contactAlone,
  });
  await world.insert('crm.product', { ...basis('product'), name: allowed('product'), family: 'tools' });
  await world.insert('crm.product', {
    ...{ ...basis('product'), id: canaries.id('left', 'the id of a product'), family: 'discontinued' },
    name: left('a product that leaves with the policy'),
  });
  // Came and went before anything was published.
  const purged = await secretRow('contact', 'deleted before the first batch', { account_id: ids.account });
  await world.sql('DELETE FROM crm.contact WHERE id = $1', [purged]);
}

/** Every file there is, those that stay home too: what may go is decided by the product. */
export const files: StoredBlob[] = [];
export let narrowedFile: StoredBlob;

/** @param bytes of its content, filled up with a word that is told in its place */
async function file(kind: CanaryKind, about: string, bytes: number, more: Record<string, unknown>) {
  const content = canaries.word(kind === 'allowed' ? 'content' : kind, `the content of ${about}`);
  const blob = await world.store(Buffer.from(content.padEnd(bytes, `, ${content}`)));
  files.push(blob);
  await world.insert('crm.attachment', {
    ...{ record_type: 'account', record_id: ids.account, media_type: 'text/plain', label: 'shareable' },
    ...{
      name: `${canaries.word(kind, `the name of ${about}`)}.txt`,
      bytes: blob.bytes,
      blob_id: blob.blobId,
    },
    ...more,
  });
  return blob;
}

async function plantFiles(): Promise<void> {
  await file('allowed', 'a selected file', 500, {});
  narrowedFile = await file('left', 'a file that is too large later', 5_000, {});
  await file('never', 'a file that is too large', 200_000, {});
  await file('never', 'a file with a label of its own', 500, { label: never('a label') });
  await file('never', 'a file without a label', 500, { label: null });
  await file('never', 'a file of a medical account', 500, { record_id: ids.medical });
  await file('never', 'a file of a contact', 500, { record_type: 'contact', record_id: ids.contact });
  await file('never', 'a file in the recycle bin', 500, { deleted_at: new Date() });
}
