// What must stay home is planted everywhere on the premises and looked for in everything that left them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import { purgeGenerationsBelow } from '../../../connector/purge/index.js';
import { FileGrants } from '../../../src/files/index.js';
import { AppConfig } from '../../../src/platform/config/index.js';
import { sessionOptions } from '../../../src/platform/database/index.js';
import { FileKeys, LocalFileStore } from '../../../src/platform/file-store/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  keyFolders,
  publishFileRecipient,
  ReplicaKeyStore,
  TrustChain,
} from '../../../src/replication/format/index.js';
import { PINNED_ROOT_FILE, ReplicaFollower } from '../../../src/replication/replica/index.js';
import { fileKeyWrapperOf } from '../../../src/server-options.js';
import { createReplicaDatabase, type TestDatabase } from '../../support/index.js';
import { openAttachmentWorld, signal, type AttachmentWorld } from '../connector/attachment-world.js';
import { TENANT, type TestPublisher } from '../connector/connector-world.js';
import {
  databaseFiles,
  databaseText,
  openedFiles,
  openedObjects,
  rawObjects,
  type CanaryKind,
  type Haystack,
} from './canary-search.js';
import {
  allowed,
  canaries,
  files,
  ids,
  left,
  narrowedFile,
  narrow,
  never,
  plantCanaries,
  secretRow,
  wide,
} from './canary-planting.js';

let world: AttachmentWorld;
let grants: FileGrants;
let lane: TestPublisher;
let heartbeat: Heartbeat;
let replica: TestDatabase;
let pool: pg.Pool;
let follower: ReplicaFollower;
let identities: string[];

beforeAll(async () => {
  world = await openAttachmentWorld();
  replica = await createReplicaDatabase();
  const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  pool = new pg.Pool({ connectionString: replica.urls.replicaApply, max: 3, options });
  pool.on('error', () => undefined); // `drop` ends idle connections from the server's side
  const keyFolder = keyFolders(world.folder).replica('london');
  await writeFile(join(keyFolder, PINNED_ROOT_FILE), world.rootObject, { mode: 0o600 });
  const keys = new ReplicaKeyStore(keyFolder);
  identities = (await keys.recipients()).map(({ identity }) => identity);
  const log = createLogger({ level: 'silent', name: 'replica' });
  const { bucket } = world;
  follower = new ReplicaFollower({
    pool,
    bucket,
    keys,
    keyFolder,
    tenant: TENANT,
    name: 'london',
    floor: null,
    log,
  });
  heartbeat = new Heartbeat(bucket, world.trust, 60_000);
  await plantCanaries(world);
  await world.activate(wide());
  grants = await openGrants();
  await publishFileRecipient(world.folder);
  lane = await world.publisher({ chunkRows: 5 });
});
afterAll(async () => {
  await pool.end();
  await replica.drop();
  await world.end();
});

/** Decides as the server does which files the connector can open. */
async function openGrants(): Promise<FileGrants> {
  const keys = await FileKeys.load(join(world.folder, 'files.key'), () => Promise.resolve(true));
  const config = new AppConfig();
  Object.assign(config.keys, { folder: world.folder });
  return new FileGrants(world.app, new LocalFileStore(world.storeFolder, keys), fileKeyWrapperOf(config));
}

/** Lets every file go that may, and asks for those that may not as well. */
async function sendFiles(): Promise<void> {
  await grants.reconcile(null);
  for (const blob of files) await world.upload(blob);
}

/** Publishes, beats and applies until the replica stands where the premises do. */
async function carry(): Promise<void> {
  await sendFiles();
  const outcomes = await lane.settle();
  expect(outcomes).toContain('published');
  const generation = await lane.publisher.generations.current();
  await heartbeat.beat(generation, 1, new Date());
  for (let outcome = await follower.step(); outcome !== 'idle'; outcome = await follower.step()) {
    const [watch] = (await replica.admin.query('SELECT last_error FROM replication.replica_watch'))
      .rows as object[];
    expect({ outcome, ...watch }).toEqual({ outcome: 'applied', last_error: null });
  }
}

/** What everybody could see who has the bucket and the replica's key, or the replica's database. */
const leftTheBuilding = async (): Promise<Record<string, Haystack[]>> => ({
  bucket: [
    ...(await rawObjects(world.bucket)),
    ...(await openedObjects(world.bucket, TrustChain.pin(world.rootObject, { tenant: TENANT }), identities)),
  ],
  replica: [...(await databaseText(replica.admin)), ...(await openedFiles(world.bucket, TENANT, identities))],
});

async function expectNone(...kinds: CanaryKind[]): Promise<void> {
  for (const haystacks of Object.values(await leftTheBuilding()))
    for (const kind of kinds) expect(canaries.found(kind, haystacks)).toEqual([]);
}

/** What happens while deltas are published; one batch per entry. */
const deltas: Record<string, () => Promise<unknown>> = {
  'rows that stay home change and go': async () => {
    const word = never('a new name of a row that stays home');
    await world.sql('UPDATE crm.account SET name = $2, description = $2 WHERE id = $1', [ids.medical, word]);
    const going = await secretRow('deal', 'that came and went at home', { account_id: ids.medical });
    await world.sql('DELETE FROM crm.deal WHERE id = $1', [going]);
    await world.sql('UPDATE crm.account SET description = $2 WHERE id = $1', [
      ids.account,
      allowed('a later text'),
    ]);
  },
  'omitted and masked fields of selected rows change': async () => {
    await world.sql('UPDATE crm.account SET country = $2, phone = $3, website = $4 WHERE id = $1', [
      ids.account,
      never('a later country'),
      `${canaries.digits('never', 'the masked part of a later phone number')}5566`,
      `https://${allowed('a website')}.example`,
    ]);
    await world.sql(
      `UPDATE crm.case SET custom = custom || jsonb_build_object('zipCode', $2::text) WHERE id = $1`,
      [ids.case, never('a later omitted custom value')],
    );
    await world.sql(`UPDATE crm.contact SET job_title = 'buyer' WHERE id = $1`, [ids.contact]);
  },
  'references come to point at rows that stay home': async () => {
    const other = await secretRow('contact', 'referred to later', { account_id: ids.medical });
    await world.sql('UPDATE crm.deal SET contact_id = $2, name = $3 WHERE id = $1', [
      ids.deal,
      other,
      allowed('a later name of a deal'),
    ]);
  },
  'a row enters whose earlier texts were secret': async () => {
    const row = await world.insert('crm.account', {
      ...{ name: never('an earlier name of a row that enters'), kind: 'customer', sector: 'medical' },
    });
    await world.sql(`UPDATE crm.account SET name = $2 WHERE id = $1`, [row, allowed('a row that entered')]);
    await world.sql(`UPDATE crm.account SET sector = 'retail' WHERE id = $1`, [row]);
  },
  'rows come that will leave': async () => {
    for (const name of ['leaves', 'recycled', 'deleted'])
      ids[name] = await world.insert('crm.account', {
        ...{
          id: canaries.id('left', `the id of a row that is ${name}`),
          name: left(`a row that is ${name}`),
        },
        ...{ kind: 'customer', sector: 'retail' },
      });
    await world.insert('crm.contact', {
      last_name: left('a child of a row that leaves'),
      account_id: ids.leaves,
    });
  },
  'they leave': async () => {
    await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [ids.leaves]);
    await world.sql(`UPDATE crm.account SET deleted_at = now() WHERE id = $1`, [ids.recycled]);
    await world.sql(`DELETE FROM crm.account WHERE id = $1`, [ids.deleted]);
  },
};

describe('nothing that the policy keeps home', () => {
  it('is in the first snapshot, while what it lets go is', async () => {
    await carry();
    await expectNone('never');
    const found = await leftTheBuilding();
    for (const haystacks of Object.values(found)) {
      expect(canaries.found('allowed', haystacks)).toEqual(canaries.labels('allowed').sort());
      expect(canaries.found('left', haystacks).length).toBeGreaterThan(4);
      expect(canaries.found('content', haystacks)).toEqual(['the content of a selected file']);
    }
    const taken = canaries.found('left', await openedFiles(world.bucket, TENANT, identities));
    expect(taken).toEqual([expect.stringContaining('the content of a file that is too large later')]);
  });

  it.each(Object.keys(deltas))('leaves with a delta: %s', async (name) => {
    await deltas[name]?.();
    await carry();
    await expectNone('never');
  });

  it('stands where a treatment left something of it: pseudonyms and bands came, and their key did not', async () => {
    const { rows } = await replica.admin.query<{ account: string; contact: string; revenue: string }>(
      `SELECT a.external_id AS account, c.external_id AS contact, a.revenue FROM crm.account a
       JOIN crm.contact c ON c.id = $2 WHERE a.id = $1`,
      [ids.account, ids.contact],
    );
    expect(rows[0]?.account).toMatch(/^p_[0-9a-f]{32}$/);
    expect(rows[0]?.contact).toMatch(/^p_[0-9a-f]{32}$/);
    expect(Number(rows[0]?.revenue) % 100_000).toBe(0);
    const [key] = await world.sql('SELECT inner_block, outer_block FROM replication.pseudonym_key');
    const { inner_block: inner, outer_block: outer } = key as Record<string, Buffer>;
    const secrets = [inner, outer, inner?.map((byte) => byte ^ 0x36)].flatMap((block) => {
      const half = Buffer.from(block ?? []).subarray(0, 32);
      return [half, Buffer.from(half.toString('hex')), Buffer.from(half.toString('base64').slice(0, 40))];
    });
    expect(secrets.every((secret) => secret.length >= 32)).toBe(true);
    for (const haystacks of Object.values(await leftTheBuilding()))
      for (const { where, bytes } of haystacks)
        for (const secret of secrets) expect([where, bytes.includes(secret)]).toEqual([where, false]);
  });

  it('is legible without the replica’s key, and not even what may leave', async () => {
    const raw = await rawObjects(world.bucket);
    expect(raw.length).toBeGreaterThan(20);
    for (const kind of ['never', 'left', 'allowed', 'content'] as const)
      expect(canaries.found(kind, raw)).toEqual([]);
  });

  it('outlasts a narrower policy: of what left, nothing stays in the bucket or in the replica', async () => {
    await world.activate(narrow());
    await carry();
    const generation = await lane.publisher.generations.current();
    expect(generation?.id).toBe(2);
    const before = await leftTheBuilding();
    expect(canaries.found('left', before.bucket ?? []).length).toBeGreaterThan(10);
    await purgeGenerationsBelow(world.bucket, 2, signal);
    expect(await world.collector(100, 600_000).collect(signal)).toBe(1);
    expect(await world.blobRow(narrowedFile)).toBeUndefined();
    await expectNone('never', 'left');
    const after = await leftTheBuilding();
    for (const haystacks of Object.values(after))
      expect(canaries.found('allowed', haystacks)).toEqual(canaries.labels('allowed').sort());
  });

  it('was ever written to the files of the replica’s database', async () => {
    const files = await databaseFiles(replica.admin);
    if (files === null) return;
    expect(canaries.found('never', files)).toEqual([]);
    expect(canaries.found('allowed', files)).toEqual(canaries.labels('allowed').sort());
  });

  it('is in the spool or among what the connector remembers', async () => {
    const { rows } = await world.connector.query<{ text: string }>(
      `SELECT concat_ws(' ', (SELECT string_agg(s::text, ' ') FROM replication.connector_status s),
        (SELECT string_agg(l::text, ' ') FROM replication.ledger l),
        (SELECT string_agg(b::text, ' ') FROM replication.batch b),
        (SELECT string_agg(g::text, ' ') FROM replication.file_grant g),
        (SELECT string_agg(o::text, ' ') FROM replication.blob_object o)) AS text`,
    );
    const remembered = [{ where: 'the connector’s tables', bytes: Buffer.from(rows[0]?.text ?? '') }];
    expect(canaries.found('never', remembered)).toEqual([]);
    expect(canaries.found('allowed', remembered)).toContain('an id');
  });
});
