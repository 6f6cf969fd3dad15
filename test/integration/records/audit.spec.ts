import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TimelineService } from '../../../src/crm/timeline/index.js';
import { withClient } from '../../../src/platform/database/index.js';
import { recordTypeOf, type RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

const history = (type: string, id: unknown) =>
  engine.audit.history(engine.dataSource, type, String(id), { limit: 50 });
const timeline = (ctx: RequestContext, type: string, id: unknown, limit: number, cursor?: string) =>
  engine.context.get(TimelineService).page(ctx, recordTypeOf(type), String(id), limit, cursor);

describe('audit', () => {
  it('has an entry of every write: who, from where, what was and what is', async () => {
    const person = await engine.person();
    const ctx = { ...person, ip: '192.0.2.7', origin: 'api', requestId: 'request-1', reason: 'call' };
    const { id } = await engine.records.create(ctx, 'contact', { lastName: 'Ada', phone: '+44 1' + '234' });
    await engine.records.update(ctx, 'contact', String(id), { lastName: 'Ada L.' }, 1);
    await engine.records.remove(ctx, 'contact', String(id));
    await engine.records.restore(ctx, 'contact', String(id));
    const entries = (await history('contact', id)).reverse();
    expect(entries.map(({ action }) => action)).toEqual(['create', 'update', 'delete', 'restore']);
    expect(entries[0]?.after).toMatchObject({ lastName: 'Ada', ownerId: person.principal.userId });
    expect(entries[1]).toMatchObject({
      fieldNames: ['lastName'],
      before: { lastName: 'Ada' },
      after: { lastName: 'Ada L.' },
      actorId: person.principal.userId,
    });
    const { rows } = await engine.database.admin.query(
      'SELECT ip::text, origin, request_id, reason, commitment FROM audit.leaf WHERE record_id = $1 AND action = $2',
      [id, 'update'],
    );
    expect(rows).toMatchObject([
      { ip: '192.0.2.7/32', origin: 'api', request_id: 'request-1', reason: 'call' },
    ]);
    expect((rows[0] as { commitment: Buffer }).commitment).toHaveLength(32);
  });

  it('holds no value in the clear', async () => {
    await engine.records.create(engine.admin, 'contact', {
      lastName: 'Canary-93417',
      email: 'canary-93417@example.com',
    });
    const tables = ['leaf', 'payload', 'subject_key'];
    for (const table of tables) {
      const { rows } = await engine.database.admin.query(`SELECT t::text AS row FROM audit.${table} t`);
      for (const { row } of rows as { row: string }[]) {
        expect(row).not.toMatch(/93417/);
        expect(row).not.toContain(Buffer.from('93417').toString('hex'));
      }
    }
  });

  it('can be added to and read by the application, and nothing else', async () => {
    await withClient(engine.database.urls.app, 'test', async (client) => {
      for (const table of ['leaf', 'payload', 'subject_key'])
        for (const sql of [
          `UPDATE audit.${table} SET at = at`,
          `DELETE FROM audit.${table}`,
          `TRUNCATE audit.${table}`,
          `DROP TABLE audit.${table}`,
        ])
          await expect(
            client.query(
              sql.replace('SET at = at', table === 'subject_key' ? 'SET kek_id = kek_id' : 'SET at = at'),
            ),
          ).rejects.toMatchObject({ code: '42501' });
      await expect(client.query('DELETE FROM audit.leaf_rest')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('cannot be written: then nothing is', async () => {
    await engine.database.admin.query('REVOKE INSERT ON audit.leaf FROM holdfast_app');
    await expect(engine.records.create(engine.admin, 'account', { name: 'Unaudited' })).rejects.toThrow(
      /permission denied/,
    );
    await engine.database.admin.query('GRANT INSERT ON audit.leaf TO holdfast_app');
    const { rows } = await engine.database.admin.query("SELECT 1 FROM crm.account WHERE name = 'Unaudited'");
    expect(rows).toEqual([]);
  });

  it('notices a payload that was moved or altered', async () => {
    const { id } = await engine.records.create(engine.admin, 'account', { name: 'Tampered' });
    // a superuser, since nobody else can, and around the trigger that refuses even him
    await withClient(engine.database.urls.admin, 'test', async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query(
        'UPDATE audit.payload SET ciphertext = set_byte(ciphertext, 60, get_byte(ciphertext, 60) # 1) WHERE subject_id = $1',
        [id],
      );
    });
    await expect(history('account', id)).rejects.toMatchObject({ code: 'audit_payload_broken' });
  });

  it('says "erased" once the key of the subject is destroyed, and keeps its leaves', async () => {
    const { id } = await engine.records.create(engine.admin, 'contact', { lastName: 'Forget me' });
    await engine.database.admin.query('DELETE FROM audit.subject_key WHERE subject_id = $1', [id]);
    expect(await history('contact', id)).toMatchObject([
      { action: 'create', erased: true, before: null, after: null },
    ]);
  });

  it('keeps its key in a file of its own and does not start without it', async () => {
    const path = join(engine.keysFolder, 'audit.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await rename(path, `${path}.away`);
    await expect(startEngine({ beside: engine })).rejects.toMatchObject({ code: 'audit_key_missing' });
    await rename(`${path}.away`, path);
    expect(Buffer.from(await readFile(path, 'utf8'), 'base64')).toHaveLength(32);
  });
});

describe('timeline', () => {
  it('shows activities and changes once each, newest first, over any page size', async () => {
    const { id } = await engine.records.create(engine.admin, 'account', { name: 'T0' });
    for (let n = 1; n <= 6; n++) {
      await engine.records.update(engine.admin, 'account', String(id), { name: `T${String(n)}` }, n);
      await engine.records.create(engine.admin, 'activity', {
        kind: 'note',
        subject: `N${String(n)}`,
        accountId: id,
      });
    }
    const whole = (await timeline(engine.admin, 'account', id, 100)).data;
    expect(whole).toHaveLength(13);
    expect(whole.map(({ at }) => at)).toEqual(
      whole
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    for (const limit of [1, 3, 5]) {
      const seen: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await timeline(engine.admin, 'account', id, limit, cursor);
        seen.push(...page.data.map((entry) => entry.id));
        cursor = page.page.nextCursor;
      }
      expect(seen).toEqual(whole.map((entry) => entry.id));
    }
    expect(whole.find(({ change }) => change?.action === 'update')?.change?.fields).toMatchObject([
      { name: 'name', before: 'T5', after: 'T6' },
    ]);
  });

  it('shows neither hidden fields nor activities of others, and nothing of an unseen record', async () => {
    const reader = await engine.person({
      level: (type) => (type === 'account' ? 'all' : 'own'),
      hidden: { account: new Set(['revenue']) },
    });
    const { id } = await engine.records.create(engine.admin, 'account', {
      name: 'V',
      revenue: { amount: '5', currency: 'EUR' },
    });
    await engine.records.update(engine.admin, 'account', String(id), { revenue: null }, 1);
    await engine.records.create(engine.admin, 'activity', { kind: 'note', subject: 'secret', accountId: id });
    const { data } = await timeline(reader, 'account', id, 50);
    expect(JSON.stringify(data)).not.toMatch(/revenue|secret/);
    expect(data).toHaveLength(1);
    const contact = await engine.records.create(engine.admin, 'contact', { lastName: 'Unseen' });
    await expect(timeline(reader, 'contact', contact['id'], 5)).rejects.toMatchObject({ httpStatus: 404 });
    await expect(timeline(reader, 'account', id, 5, 'nonsense')).rejects.toMatchObject({ httpStatus: 400 });
  });
});
