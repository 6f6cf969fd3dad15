// Which files the connector can open, and what goes from the store when nobody needs it.
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { FileGrants, FileUpkeep } from '../../../src/files/index.js';
import { openStore } from '../../../src/files/open-store.js';
import { LocalFileReader, LocalFileStore } from '../../../src/platform/file-store/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import {
  ConnectorKeyStore,
  keyFolders,
  publishFileRecipient,
  unwrapKey,
} from '../../../src/replication/format/index.js';
import { PolicyService } from '../../../src/replication/policy/index.js';
import { DataSource } from 'typeorm';
import { waitFor } from '../../support/index.js';
import { makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';
import { binaryCall, fileOf, type Binary } from './file-client.js';

const policy = `
version: 1
types:
  account:
    where: { field: sector, op: neq, value: medical }
    attachments: { maxSize: 1MB, label: shareable }
`;

let server: WholeServer;
let admin: Binary;
let connector: pg.Pool;
let grants: FileGrants;
let upkeep: FileUpkeep;
let store: string;

beforeAll(async () => {
  server = await startPrimary();
  admin = await binaryCall(server, await makeUser(server, 'administrator'));
  connector = new pg.Pool({ connectionString: server.database.urls.connector, max: 2 });
  grants = server.app.get(FileGrants, { strict: false });
  upkeep = server.app.get(FileUpkeep, { strict: false });
  store = join(server.folder, 'files', 'store');
  const policies = server.app.get(PolicyService, { strict: false });
  await policies.bootstrap(systemContext('test'), policy, 'test');
});
afterAll(async () => {
  await connector.end();
  await server.stop();
});

async function account(sector: string): Promise<string> {
  return ((await admin.json('POST', '/accounts', { name: 'Acme', sector })).json as { id: string }).id;
}

async function add(record: string, body: Buffer, label?: string): Promise<string> {
  const query = { name: 'a.bin', ...(label === undefined ? {} : { label }) };
  return fileOf(await admin.upload(`/accounts/${record}/attachments`, query, body)).id;
}

interface Grant {
  store_name: string;
  bytes: string;
  wrapped_key: string;
}
/** As the connector reads it. */
async function grantOf(attachment: string): Promise<Grant | null> {
  const blob = await blobOf(attachment);
  const { rows } = await connector.query<Grant>('SELECT * FROM replication.file_grant WHERE blob_id = $1', [
    blob,
  ]);
  return rows[0] ?? null;
}
async function blobOf(attachment: string): Promise<string> {
  const { rows } = await server.database.admin.query<{ blob_id: string }>(
    'SELECT blob_id FROM crm.attachment WHERE id = $1',
    [attachment],
  );
  return rows[0]?.blob_id ?? '';
}

describe('the connector', () => {
  it('is granted nothing while nobody has brought its key', async () => {
    const file = await add(await account('retail'), randomBytes(1000), 'shareable');
    expect(await grants.reconcile(null)).toEqual({ granted: 0, revoked: 0 });
    expect(await grantOf(file)).toBeNull();
    await publishFileRecipient(server.folder);
    expect(await grants.reconcile(null)).toEqual({ granted: 1, revoked: 0 });
    expect(await grantOf(file)).not.toBeNull();
  });

  it('opens a selected file with its identity, and no other one', async () => {
    const shop = await account('retail');
    const body = randomBytes(600_000);
    const selected = await add(shop, body, 'shareable');
    const kept = await add(shop, randomBytes(1000), 'internal');
    const unlabelled = await add(shop, randomBytes(1000));
    const large = await add(shop, randomBytes(1_200_000), 'shareable');
    const medical = await add(await account('medical'), randomBytes(1000), 'shareable');
    const grant = await waitFor(() => grantOf(selected), { what: 'the grant that the upload asked for' });

    const { identity } = await new ConnectorKeyStore(keyFolders(server.folder).connector).fileIdentity();
    const wrapped = Buffer.from(grant.wrapped_key, 'base64');
    const key = await unwrapKey(wrapped, [identity]);
    const reader = new LocalFileReader(store);
    const file = { storeName: grant.store_name, bytes: Number(grant.bytes) };
    expect((await buffer(await reader.open(file, key))).equals(body)).toBe(true);

    await grants.reconcile(null);
    for (const other of [kept, unlabelled, large, medical]) expect(await grantOf(other)).toBeNull();
    // The key of one file opens no other, even for somebody who can read the folder.
    const { rows } = await server.database.admin.query<{ store_name: string; bytes: string }>(
      'SELECT store_name, bytes FROM files.blob WHERE id = $1',
      [await blobOf(kept)],
    );
    const stranger = { storeName: rows[0]?.store_name ?? '', bytes: Number(rows[0]?.bytes) };
    await expect(buffer(await reader.open(stranger, key))).rejects.toMatchObject({ code: 'file_damaged' });
    // And the server's own wrapping is no age file that any identity opens.
    const own = await server.database.admin.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM files.blob WHERE id = $1',
      [await blobOf(kept)],
    );
    await expect(unwrapKey(own.rows[0]?.wrapped_key ?? Buffer.alloc(0), [identity])).rejects.toThrow();
  });

  it('is refused the keys, the rows and every write of a grant', async () => {
    for (const statement of [
      'SELECT 1 FROM files.blob',
      'SELECT wrapped_key FROM files.blob',
      'SELECT 1 FROM crm.attachment',
      'SELECT name FROM crm.attachment',
      'INSERT INTO replication.file_grant SELECT * FROM replication.file_grant',
      'UPDATE replication.file_grant SET recipient = recipient',
      'DELETE FROM replication.file_grant',
    ])
      await expect(connector.query(statement)).rejects.toMatchObject({ code: '42501' });
    const { rows } = await connector.query('SELECT * FROM replication.file_grant');
    expect(JSON.stringify(rows)).not.toContain('a.bin');
  });

  it('loses a grant when the file is relabelled, deleted, or its record leaves', async () => {
    const shop = await account('retail');
    const file = await add(shop, randomBytes(1000), 'shareable');
    await waitFor(() => grantOf(file), { what: 'the grant' });
    await admin.json('PATCH', `/attachments/${file}`, { label: 'internal' }, { 'if-match': '*' });
    await waitFor(async () => (await grantOf(file)) === null, { what: 'no grant after relabelling' });
    await admin.json('PATCH', `/attachments/${file}`, { label: 'shareable' }, { 'if-match': '*' });
    await waitFor(() => grantOf(file), { what: 'the grant again' });
    await admin.json('DELETE', `/attachments/${file}`);
    await waitFor(async () => (await grantOf(file)) === null, { what: 'no grant after deleting' });
    await admin.json('POST', `/attachments/${file}/restore`);
    await waitFor(() => grantOf(file), { what: 'the grant of the restored file' });
    await admin.json('PATCH', `/accounts/${shop}`, { sector: 'medical' }, { 'if-match': '*' });
    await grants.reconcile(null);
    expect(await grantOf(file)).toBeNull();
  });

  it('gets every grant anew when it has a new key', async () => {
    const file = await add(await account('retail'), randomBytes(1000), 'shareable');
    const old = await waitFor(() => grantOf(file), { what: 'the grant' });
    const { connector: folder } = keyFolders(server.folder);
    await rm(join(folder, 'files.key'));
    await publishFileRecipient(server.folder);
    expect((await grants.reconcile(null)).granted).toBeGreaterThan(0);
    const fresh = await grantOf(file);
    expect(fresh?.wrapped_key).not.toBe(old.wrapped_key);
    const { identity } = await new ConnectorKeyStore(folder).fileIdentity();
    await expect(
      unwrapKey(Buffer.from(fresh?.wrapped_key ?? '', 'base64'), [identity]),
    ).resolves.toHaveLength(32);
  });
});

describe('the upkeep', () => {
  const has = async (storeName: string) =>
    (await readdir(store, { recursive: true })).some((name) => name.endsWith(storeName));
  const nameOf = async (attachment: string): Promise<string> => {
    const { rows } = await server.database.admin.query<{ store_name: string }>(
      'SELECT store_name FROM files.blob WHERE id = $1',
      [await blobOf(attachment)],
    );
    return rows[0]?.store_name ?? '';
  };
  const age = (sql: string, ...values: unknown[]) => server.database.admin.query(sql, values);

  it('removes a file for good once nothing has referred to it for long enough, and not before', async () => {
    const body = randomBytes(5000);
    const record = await account('retail');
    const file = await add(record, body);
    const twin = await add(record, body);
    const [name, blob] = [await nameOf(file), await blobOf(file)];
    for (const id of [file, twin]) await admin.json('DELETE', `/attachments/${id}`);
    await upkeep.run();
    expect(await has(name)).toBe(true);
    await age(`UPDATE crm.attachment SET deleted_at = now() - interval '31 days' WHERE id = $1`, file);
    expect((await upkeep.run()).purged).toBe(1);
    // The twin still lies in the bin.
    await age(`UPDATE files.blob SET unreferenced_since = now() - interval '2 days' WHERE id = $1`, blob);
    expect((await upkeep.run()).collected).toBe(0);
    await age(`UPDATE crm.attachment SET deleted_at = now() - interval '31 days' WHERE id = $1`, twin);
    expect(await upkeep.run()).toMatchObject({ purged: 1, collected: 0 });
    expect(await has(name)).toBe(true);
    await age(`UPDATE files.blob SET unreferenced_since = now() - interval '2 days' WHERE id = $1`, blob);
    expect((await upkeep.run()).collected).toBe(1);
    expect(await has(name)).toBe(false);
    // The same content comes again as if it had never been there.
    const again = await add(record, body);
    expect((await admin.get(`/attachments/${again}/content`)).bytes.equals(body)).toBe(true);
  });

  it('keeps content that comes again within the grace time', async () => {
    const body = randomBytes(5000);
    const record = await account('retail');
    const file = await add(record, body);
    const blob = await blobOf(file);
    await age('DELETE FROM crm.attachment WHERE id = $1', file);
    await upkeep.run();
    const back = await add(record, body);
    expect(await blobOf(back)).toBe(blob);
    await age(`UPDATE files.blob SET unreferenced_since = now() - interval '9 days' WHERE id = $1`, blob);
    expect((await upkeep.run()).collected).toBe(0);
    expect((await admin.get(`/attachments/${back}/content`)).status).toBe(200);
  });

  it('sweeps old files that no row knows and old half uploads, and nothing young', async () => {
    const stranger = 'ab'.repeat(32);
    await mkdir(join(store, 'ab'), { recursive: true });
    await mkdir(join(store, 'incoming'), { recursive: true });
    await writeFile(join(store, 'ab', stranger), 'x');
    await writeFile(join(store, 'incoming', 'old.part'), 'x');
    await writeFile(join(store, 'incoming', 'young.part'), 'x');
    const old = new Date(Date.now() - 3 * 86_400_000);
    await utimes(join(store, 'incoming', 'old.part'), old, old);
    expect((await upkeep.run()).swept).toBe(1);
    // The time at which a file came to its place cannot be set back: this one stays until tomorrow.
    expect(await has(stranger)).toBe(true);
    expect(await readdir(join(store, 'incoming'))).toEqual(['young.part']);
  });

  it('mends a file that was lost when the same content comes again', async () => {
    const body = randomBytes(5000);
    const record = await account('retail');
    const file = await add(record, body, 'shareable');
    const name = await nameOf(file);
    await rm(join(store, name.slice(0, 2), name));
    const lost = await admin.get(`/attachments/${file}/content`);
    expect(lost.status).toBe(500);
    expect(lost.bytes.toString()).toContain('file_missing');
    await add(record, body);
    expect((await admin.get(`/attachments/${file}/content`)).bytes.equals(body)).toBe(true);
  });

  it('mends a damaged file when the same content comes again, and grants it anew', async () => {
    const body = randomBytes(5000);
    const record = await account('retail');
    const file = await add(record, body, 'shareable');
    const before = await waitFor(() => grantOf(file), { what: 'the grant' });
    const name = await nameOf(file);
    const path = join(store, name.slice(0, 2), name);
    const sealed = await readFile(path);
    sealed.writeUInt8(sealed.readUInt8(3000) ^ 1, 3000);
    await chmod(path, 0o600);
    await writeFile(path, sealed);
    // it breaks off in the middle, or is refused at once; whole it never is
    const damaged = await admin.get(`/attachments/${file}/content`).catch(() => null);
    expect(damaged?.bytes.equals(body) ?? false).toBe(false);
    await add(record, body);
    expect((await admin.get(`/attachments/${file}/content`)).bytes.equals(body)).toBe(true);
    const isOther = async () => {
      const grant = await grantOf(file);
      return grant !== null && grant.wrapped_key !== before.wrapped_key;
    };
    await waitFor(isOther, { what: 'the grant of the new key' });
  });

  it('wraps every key anew after a rotation, and a key file without the old key is refused', async () => {
    const dataSource = server.app.get(DataSource, { strict: false });
    const file = await add(await account('retail'), randomBytes(1000));
    const keyFile = join(server.folder, 'server', 'files.key');
    await appendFile(keyFile, `key ${randomBytes(32).toString('hex')}\n`);
    const rotated = await openStore(dataSource, { folder: store, keyFile });
    expect(rotated).toBeInstanceOf(LocalFileStore);
    const other = new FileUpkeep(dataSource, {} as never, rotated, {
      keepDeletedDays: 30,
      keepUnusedHours: 24,
    } as never);
    expect((await other.run()).rewrapped).toBeGreaterThan(0);
    const { rows } = await age('SELECT DISTINCT key_id FROM files.blob');
    expect(rows).toEqual([{ key_id: rotated.currentKeyId }]);
    // A server that was not restarted yet does not know the new key: it says so, and serves nothing wrong.
    expect((await admin.get(`/attachments/${file}/content`)).status).toBe(500);
    const foreign = join(server.folder, 'foreign.key');
    await writeFile(foreign, `name ${'1'.repeat(64)}\nkey ${'2'.repeat(64)}\n`, { mode: 0o600 });
    await expect(openStore(dataSource, { folder: store, keyFile: foreign })).rejects.toMatchObject({
      code: 'file_key_refused',
    });
  });

  it('grants and wraps anew what lies behind a file whose key does not open', async () => {
    const record = await account('retail');
    const first = await add(record, randomBytes(1000), 'shareable');
    const second = await add(record, randomBytes(1000), 'shareable');
    for (const each of [first, second]) await waitFor(() => grantOf(each), { what: 'the grant' });
    await age('DELETE FROM replication.file_grant');
    const broken = await blobOf(first);
    await age(
      `UPDATE files.blob SET wrapped_key = set_byte(wrapped_key, length(wrapped_key) - 1,
         get_byte(wrapped_key, length(wrapped_key) - 1) # 1) WHERE id = $1`,
      broken,
    );
    await grants.reconcile(null);
    expect(await grantOf(first)).toBeNull();
    expect(await grantOf(second)).not.toBeNull();

    // the key file with the key that the test before has added
    const dataSource = server.app.get(DataSource, { strict: false });
    const keyFile = join(server.folder, 'server', 'files.key');
    const rotated = await openStore(dataSource, { folder: store, keyFile });
    const options = { keepDeletedDays: 30, keepUnusedHours: 24 };
    await new FileUpkeep(dataSource, {} as never, rotated, options as never).run();
    const left = await age('SELECT id FROM files.blob WHERE key_id <> $1', rotated.currentKeyId);
    expect(left.rows).toEqual([{ id: broken }]);
  });
});
