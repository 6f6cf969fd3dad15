// What an import keeps, what it refuses and under whose rights it works.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/index.js';
import { ImportJanitor } from '../../../src/imports/files/import.janitor.js';
import { ImportsWorld } from './imports-world.js';

let world: ImportsWorld;

beforeAll(async () => {
  world = await ImportsWorld.open();
});
afterAll(() => world.close());

const accounts = (more = ''): string => `
type: account
label: Accounts
${more}
fields:
  externalId: { from: id }
  name: { from: name }
  kind: { from: kind }
  ownerId: { from: owner, lookup: { type: user, by: name } }
`;
const header = 'id,name,kind,owner\n';
const rows = (prefix: string, count: number): string =>
  header +
  Array.from(
    { length: count },
    (_, n) => `${prefix}-${String(n)},Firm ${prefix} ${String(n)},customer,\n`,
  ).join('');
const named = async (prefix: string): Promise<number> =>
  Number(
    (
      await world.sql(`SELECT count(*) AS n FROM crm.account WHERE external_id LIKE $1`, [`${prefix}-%`])
    )[0]?.['n'],
  );

describe('rows that break a rule', () => {
  it('are written to a file with line and reason, which can be mended and imported', async () => {
    const file = `${header}e-1,Fine,customer,\ne-2,,customer,\ne-3,"Two\nlines",nonsense,\ne-4,Lost,customer,Nobody Here\ne-1,Again,customer,\n`;
    const status = await world.import(accounts(), file);
    expect(status.counts).toMatchObject({ created: 1, failed: 4 });
    const text = await world.errors(status.id);
    const lines = text.replace('\ufeff', '').split('\n');
    expect(lines[0]).toBe('_line,_error,id,name,kind,owner');
    expect(lines[1]).toMatch(/^3,.*name: is required.*,e-2,,customer,$/);
    expect(text).toContain('4,"kind: must be one of');
    expect(text).toContain('there is no user whose name is ""Nobody Here""');
    expect(text).toContain('7,"externalId: ""e-1"" stands twice in the file"');
    const mended = text
      .replace(',e-2,,', ',e-2,Mended,')
      .replace('nonsense', 'customer')
      .replaceAll('Nobody Here', 'Ada Administrator')
      .replace(/.*e-1,Again.*\n/, '');
    const again = await world.import(accounts(), mended);
    expect(again.counts).toEqual({ created: 3, updated: 0, unchanged: 0, skipped: 0, failed: 0 });
    expect(again.hasErrorFile).toBe(false);
  });

  it('keep delimiter and letters of a file in another encoding', async () => {
    const mapping = accounts(`format: { delimiter: ';', encoding: windows-1252 }`);
    const file = Buffer.from('id;name;kind;owner\nw-1;M\xfcller;wrong;\n', 'latin1');
    const status = await world.import(mapping, file);
    const text = await world.errors(status.id);
    expect(text).toContain(';w-1;Müller;wrong;');
    const again = await world.import(mapping, text.replace(';wrong;', ';customer;'));
    expect(again.counts).toMatchObject({ created: 1, failed: 0 });
    expect(await world.sql(`SELECT name FROM crm.account WHERE external_id = 'w-1'`)).toEqual([
      { name: 'Müller' },
    ]);
  });

  it('fail alone where a value could never be found', async () => {
    const long = 'x'.repeat(300);
    const file = `${header}${long},Long,customer,\nl-1,Fine,customer,${long}\nl-2,Fine,customer,\n`;
    const { state, counts } = await world.import(accounts(), file);
    expect({ state, counts }).toMatchObject({ state: 'done', counts: { created: 1, failed: 2 } });
  });

  it('find again what is stored in another spelling', async () => {
    const decomposed = `${header}n-u\u0308,Firm,customer,\n`;
    expect((await world.import(accounts(), decomposed)).counts).toMatchObject({ created: 1 });
    expect((await world.import(accounts(), decomposed)).counts).toMatchObject({ unchanged: 1, failed: 0 });
  });
});

describe('an import that keeps nothing', () => {
  const withFields = `${accounts(`customFields:\n  - { key: tint, label: Tint, kind: text, classification: internal }`)}  custom.tint: { from: tint }\n`;
  const tinted = 'id,name,kind,owner,tint\nd-1,Firm,customer,,red\nd-2,Firm,customer,,blue\n';

  it('is a dry run: no record, no field definition, no audit', async () => {
    const before = await world.rowCounts();
    const status = await world.import(withFields, tinted, { dryRun: true });
    expect(status).toMatchObject({ state: 'done', counts: { created: 2, failed: 0 } });
    expect(await world.rowCounts()).toEqual(before);
  });

  it('is all-or-nothing with one bad row', async () => {
    const before = await world.rowCounts();
    const status = await world.import(withFields, `${tinted}d-3,,customer,,\n`, { allOrNothing: true });
    expect(status).toMatchObject({ state: 'failed', counts: { created: 0, failed: 1 } });
    expect(status.problems[0]?.message).toContain('nothing was kept');
    const after = await world.rowCounts();
    // that somebody tried is on record: begun and ended
    expect(after['audit.leaf']).toBe((before['audit.leaf'] ?? 0) + 2);
    for (const table of ['crm.account', 'crm.custom_field']) expect(after[table]).toBe(before[table]);
  });

  it('keeps all where no row fails, the custom fields with them', async () => {
    const status = await world.import(withFields, tinted, { allOrNothing: true });
    expect(status).toMatchObject({ state: 'done', counts: { created: 2, failed: 0 } });
    expect(
      await world.sql(
        `SELECT custom->>'tint' AS tint FROM crm.account WHERE external_id LIKE 'd-%' ORDER BY 1`,
      ),
    ).toEqual([{ tint: 'blue' }, { tint: 'red' }]);
    const again = await world.import(withFields, tinted);
    expect(again.counts).toMatchObject({ unchanged: 2, created: 0 });
  });

  it('is one that is cancelled before its file came', async () => {
    const made = await world.call('POST', '/imports', { mapping: accounts(), fileName: 'x.csv' });
    expect((await world.call('POST', `/imports/${made.body.id}/cancel`)).body.state).toBe('cancelled');
    expect((await world.call('PUT', `/imports/${made.body.id}/file`, header)).status).toBe(409);
  });
});

describe('cancelling in the middle', () => {
  it('keeps whole chunks and says which rows are in', async () => {
    const id = await world.begin(accounts(), rows('c', 6000));
    await waitFor(async () => (await world.call('GET', `/imports/${id}`)).body.progress.done > 0, {
      intervalMs: 5,
      timeoutMs: 60_000,
    });
    await world.call('POST', `/imports/${id}/cancel`);
    const status = await world.ended(id);
    expect(status.state).toBe('cancelled');
    expect(status.progress.done).toBeLessThan(6000);
    expect(await named('c')).toBe(status.progress.done);
    expect(status.counts.created).toBe(status.progress.done);
  });
});

describe('the rights of an import', () => {
  it('are refused without the permission to import', async () => {
    const token = await world.tokenOf(await world.person('Nils None', 'readonly'));
    const body = { mapping: accounts(), fileName: 'x.csv' };
    expect((await world.call('POST', '/imports', body, token)).status).toBe(403);
  });

  it('are refused to a token that may only read, and to one without the scope for custom fields', async () => {
    const reader = await world.tokenOf(world.adminId, ['read']);
    const writer = await world.tokenOf(world.adminId, ['read', 'write']);
    const body = { mapping: accounts(), fileName: 'x.csv' };
    const fields = accounts('customFields: [{ key: other, label: Other, kind: text }]');
    expect((await world.call('POST', '/imports', body, reader)).status).toBe(403);
    expect((await world.call('POST', '/imports', body, writer)).status).toBe(201);
    expect((await world.call('POST', '/imports', { ...body, mapping: fields }, writer)).status).toBe(403);
  });

  it('stay those of the token while it runs: what it may not read is not found', async () => {
    const blind = await world.tokenOf(world.adminId, ['write']);
    const made = await world.call('POST', '/imports', { mapping: accounts(), fileName: 'x.csv' }, blind);
    await world.call(
      'PUT',
      `/imports/${made.body.id}/file`,
      `${header}t-1,Firm,customer,Ada Administrator\nt-2,Firm,customer,\n`,
      blind,
    );
    const status = await world.ended(made.body.id);
    expect(status.counts).toMatchObject({ created: 1, failed: 1 });
  });

  it('end with the token', async () => {
    const token = await world.tokenOf(world.adminId, ['read', 'write']);
    const id = await world.begin(accounts(), rows('r', 6000), { token });
    await waitFor(async () => (await named('r')) > 0, { intervalMs: 5, timeoutMs: 60_000 });
    await world.sql(
      `UPDATE access.api_token SET revoked_at = now() WHERE id = (SELECT (principal->>'tokenId')::uuid FROM platform.import WHERE id = $1)`,
      [id],
    );
    const status = await world.ended(id);
    expect(status.state).toBe('failed');
    expect(status.problems[0]?.message).toContain('the API token has ended');
    expect(await named('r')).toBe(status.progress.done);
    expect(status.progress.done).toBeLessThan(6000);
  });

  it('end for a person who is disabled meanwhile', async () => {
    const person = await world.person('Dora Disabled', 'administrator');
    const id = await world.begin(accounts(), rows('x', 6000), { token: await world.tokenOf(person) });
    await waitFor(async () => (await named('x')) > 0, { intervalMs: 5, timeoutMs: 60_000 });
    await world.sql(`UPDATE crm."user" SET active = false WHERE id = $1`, [person]);
    const status = await world.ended(id);
    expect(status.state).toBe('failed');
    expect(status.progress.done).toBeLessThan(6000);
    expect(await named('x')).toBe(status.progress.done);
  });

  it('are for one’s own records only where the role says so', async () => {
    const own = { read: 'own', create: 'own', update: 'own', delete: 'none' };
    await world.role('own-importer', { account: own, user: { read: 'all' } });
    const person = await world.person('Olga Own', 'own-importer');
    const token = await world.tokenOf(person);
    const file = `${header}o-1,Mine,customer,Olga Own\no-2,Yours,customer,Ada Administrator\ne-1,Not mine,customer,Olga Own\n`;
    const status = await world.import(accounts(), file, { token }).catch(() => null);
    const [mine] = await world.sql(`SELECT owner_id FROM crm.account WHERE external_id = 'o-1'`);
    expect(mine).toEqual({ owner_id: person });
    expect(await named('o')).toBe(1);
    expect(await world.sql(`SELECT name FROM crm.account WHERE external_id = 'e-1'`)).toEqual([
      { name: 'Fine' },
    ]);
    expect(status?.counts).toMatchObject({ created: 1, failed: 2 });
  });
});

describe('the files of an import', () => {
  const folder = (): string => join(world.folder, 'files', 'imports');

  it('go when it has ended, the refused rows after their days', async () => {
    const { id } = await world.import(accounts(), `${header}f-1,,customer,\n`);
    const kept = async (): Promise<string> =>
      (await readdir(folder())).filter((name) => name.startsWith(id)).join();
    await waitFor(async () => (await kept()) === `${id}.errors.csv`, { what: 'the upload to go' });
    await world.app.get(ImportJanitor, { strict: false }).sweep();
    expect((await world.call('GET', `/imports/${id}`)).body.hasErrorFile).toBe(true);
    await world.sql(`UPDATE platform.import SET finished_at = now() - interval '31 days' WHERE id = $1`, [
      id,
    ]);
    await world.app.get(ImportJanitor, { strict: false }).sweep();
    expect((await readdir(folder())).filter((name) => name.startsWith(id))).toEqual([]);
    expect((await world.call('GET', `/imports/${id}/errors`)).status).toBe(404);
  });
});
