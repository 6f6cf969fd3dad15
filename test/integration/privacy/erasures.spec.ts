import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ErasureReplay } from '../../../src/privacy/index.js';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';

interface Erasure {
  id: string;
  sequence: number;
  erased: Record<string, number>;
  state: string;
}

let server: WholeServer;
let admin: HttpClient;

beforeAll(async () => {
  server = await startPrimary();
  admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
});
afterAll(() => server.stop());

async function make(plural: string, body: object): Promise<string> {
  const { status, json, text } = await admin.call(`/api/v1/${plural}`, { method: 'POST', body });
  if (status !== 201) throw new Error(text);
  return (json as { id: string }).id;
}

const post = (body: object, by = admin) => by.call('/api/v1/erasures', { method: 'POST', body });
const sql = async (text: string, values: unknown[] = []) =>
  (await server.database.admin.query<Record<string, unknown>>(text, values)).rows;
const ledgerFolder = () => join(server.folder, 'files', 'erasures');

async function person(): Promise<{ contact: string; activity: string; deal: string }> {
  const contact = await make('contacts', { lastName: 'Doe', email: 'jane@example.com' });
  const activity = await make('activities', { kind: 'note', subject: 'Jane called', contactId: contact });
  const deal = await make('deals', { name: 'Deal with Jane', contactId: contact });
  return { contact, activity, deal };
}

describe('erasing a person', () => {
  let jane: Awaited<ReturnType<typeof person>>;
  let made: Erasure;

  beforeAll(async () => {
    jane = await person();
    const answer = await post({ type: 'contact', id: jane.contact, reason: 'Article 17', urgent: true });
    expect(answer.status).toBe(201);
    made = answer.json as Erasure;
  });

  it('takes out the record and what only tells of it, and lets others stand without her', async () => {
    expect(made.erased).toEqual({ activity: 1, contact: 1 });
    expect(await sql('SELECT 1 FROM crm.contact WHERE id = $1', [jane.contact])).toEqual([]);
    expect(await sql('SELECT 1 FROM crm.activity WHERE id = $1', [jane.activity])).toEqual([]);
    expect(await sql('SELECT contact_id FROM crm.deal WHERE id = $1', [jane.deal])).toEqual([
      { contact_id: null },
    ]);
  });

  it('destroys the key of her history and leaves its entries', async () => {
    expect(await sql('SELECT 1 FROM audit.subject_key WHERE subject_id = $1', [jane.contact])).toEqual([]);
    const actions = await sql('SELECT action FROM audit.leaf WHERE record_id = $1 ORDER BY at, id', [
      jane.contact,
    ]);
    expect(actions.map(({ action }) => action)).toEqual(['create', 'erase']);
  });

  it('asks for a generation without her, whose old ones go at once', async () => {
    expect(made.state).toBe('waiting');
    expect(await sql('SELECT reason, purge_at_once FROM replication.generation_request')).toEqual([
      { reason: 'erasure', purge_at_once: true },
    ]);
  });

  it('is written down outside the database, signed', async () => {
    expect(await readdir(ledgerFolder())).toEqual(['00000001.json']);
    expect(await server.app.get(ErasureReplay).run()).toBe(0);
  });

  it('is listed page by page', async () => {
    const { contact } = await person();
    await post({ type: 'contact', id: contact, reason: 'Article 17' });
    const first = await admin.call('/api/v1/erasures?limit=1');
    const { data, nextCursor } = first.json as { data: Erasure[]; nextCursor: string };
    expect(data.map(({ sequence }) => sequence)).toEqual([2]);
    const second = await admin.call(`/api/v1/erasures?limit=1&cursor=${nextCursor}`);
    expect((second.json as { data: Erasure[] }).data.map(({ id }) => id)).toEqual([made.id]);
  });
});

describe('an erasure that cannot be', () => {
  it('of what is not there is not found, and not written down', async () => {
    const before = await readdir(ledgerFolder());
    const id = '0199a1b2-0000-7000-8000-000000000001';
    expect((await post({ type: 'contact', id, reason: 'none' })).status).toBe(404);
    expect(await readdir(ledgerFolder())).toEqual(before);
  });

  it('of a user is refused with what to do instead', async () => {
    const [user = {}] = await sql('SELECT id FROM crm."user" LIMIT 1');
    const answer = await post({ type: 'user', id: user.id, reason: 'left' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('not_erasable');
  });

  it('without a reason names the field', async () => {
    const answer = await post({ type: 'contact', id: '0199a1b2-0000-7000-8000-000000000001' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('reason');
  });

  it('by somebody whose roles do not allow it is refused', async () => {
    const clerk = await HttpClient.signedIn(server, await makeUser(server, 'sales'));
    const { contact } = await person();
    expect((await post({ type: 'contact', id: contact, reason: 'no' }, clerk)).status).toBe(403);
    expect(await sql('SELECT 1 FROM crm.contact WHERE id = $1', [contact])).toHaveLength(1);
  });
});

describe('a database that was restored from before an erasure', () => {
  it('forgets the person again when the server starts', async () => {
    const { contact } = await person();
    const [row = {}] = await sql('SELECT * FROM crm.contact WHERE id = $1', [contact]);
    expect((await post({ type: 'contact', id: contact, reason: 'Article 17' })).status).toBe(201);
    // as a backup would: she is there, and nothing in the database knows that she went
    const columns = Object.keys(row);
    await sql(
      `INSERT INTO crm.contact (${columns.map((name) => `"${name}"`).join(', ')})
       VALUES (${columns.map((_, index) => `$${String(index + 1)}`).join(', ')})`,
      Object.values(row),
    );
    await sql('DELETE FROM replication.erasure WHERE subject_id = $1', [contact]);
    await sql('UPDATE replication.erasure_gate SET timeline = NULL');
    expect(await server.app.get(ErasureReplay).run()).toBe(1);
    expect(await sql('SELECT 1 FROM crm.contact WHERE id = $1', [contact])).toEqual([]);
    const [gate = {}] = await sql('SELECT timeline, entries FROM replication.erasure_gate');
    expect(gate).toMatchObject({ timeline: 1, entries: (await readdir(ledgerFolder())).length });
  });

  it.each([
    ['an entry is missing', (files: string[]) => rm(join(ledgerFolder(), files[0] ?? ''))],
    [
      'an entry was changed',
      async (files: string[]) => {
        const path = join(ledgerFolder(), files[1] ?? '');
        await writeFile(path, (await readFile(path, 'utf8')).replace('"sig":"', '"sig":"A'));
      },
    ],
  ])('is not published from where %s', async (_what, spoil) => {
    const files = await readdir(ledgerFolder());
    const kept = await Promise.all(files.map((name) => readFile(join(ledgerFolder(), name))));
    await sql('UPDATE replication.erasure_gate SET timeline = NULL');
    await spoil(files);
    await expect(server.app.get(ErasureReplay).run()).rejects.toMatchObject({
      code: 'erasure_ledger_broken',
    });
    expect(await sql('SELECT timeline FROM replication.erasure_gate')).toEqual([{ timeline: null }]);
    for (const [index, name] of files.entries())
      await writeFile(join(ledgerFolder(), name), kept[index] ?? '');
    expect(await server.app.get(ErasureReplay).run()).toBe(0);
  });
});
