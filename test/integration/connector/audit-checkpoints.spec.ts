// Checkpoints of the audit reach the bucket through the lane that publishes, and only they do.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditSealer } from '../../../src/audit/index.js';
import { BucketAdmission } from '../../../connector/publish/bucket-admission.js';
import { PublishLane } from '../../../connector/publish/publish-lane.js';
import { Spool } from '../../../connector/publish/spool.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { withTransaction } from '../../../src/platform/database/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import {
  auditCheckpointKey,
  auditCheckpointPrefix,
  keyFolders,
  ServerKeyStore,
} from '../../../src/replication/format/index.js';
import { waitFor } from '../../support/index.js';
import { openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

let world: ConnectorWorld;
let publisher: TestPublisher;
let sealer: AuditSealer;
const lanes: PublishLane[] = [];
const lines: string[] = [];

beforeEach(async () => {
  world = await openWorld();
  lines.length = 0;
  const keys = new ServerKeyStore(keyFolders(world.folder).server);
  sealer = new AuditSealer(world.app, {
    origin: 'holdfast-audit/acme',
    signer: async (mayCreate) => {
      const signer = await keys.auditSigner(mayCreate);
      if (!signer) throw new Error('no key');
      return signer;
    },
  });
  publisher = await world.publisher({ leaseMs: 60_000 });
});
afterEach(async () => {
  for (const lane of lanes.splice(0)) await lane.stop();
  await world.end();
});

function startLane(): PublishLane {
  const { bucket, trust } = world;
  const log = createLogger({
    level: 'info',
    name: 'test',
    stream: { write: (line: string) => void lines.push(line) },
  });
  const lane = new PublishLane({
    ...{ publisher: publisher.publisher, lease: publisher.lease, db: publisher.db },
    ...{ bucket, trust, log, spool: new Spool(world.spoolFolder, 1_000_000_000) },
    admission: new BucketAdmission({ bucket, trust, log, purgeMayWait: false }),
    onGenerationLive: () => Promise.resolve(),
    ...{ pollMs: 20, leaseMs: 60_000, beatMs: 10_000, maxBacklog: 1_000_000 },
  });
  lane.start();
  lanes.push(lane);
  return lane;
}

async function sealEntries(count: number): Promise<void> {
  await withTransaction(world.app, (tx) =>
    world.audit.append(
      tx,
      systemContext('test'),
      Array.from({ length: count }, () => ({
        ...{ action: 'export', type: 'deal', recordId: null, fieldNames: [], before: null, after: null },
      })),
    ),
  );
  await sealer.seal();
}

async function anchored(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.bucket.list(auditCheckpointPrefix)) keys.push(key);
  return keys;
}

async function newestSize(): Promise<number> {
  const [row] = await world.sql('SELECT max(size)::int AS size FROM replication.audit_checkpoint');
  return Number(row?.size);
}

describe('the lane', () => {
  it('carries each checkpoint out as it was signed, also those from before it ran', async () => {
    await sealEntries(3);
    await sealEntries(2);
    startLane();
    await waitFor(async () => (await anchored()).length === 2, { timeoutMs: 20_000 });
    await sealEntries(1);
    await waitFor(async () => (await anchored()).length === 3, { timeoutMs: 30_000 });
    const stored = await world.sql('SELECT size, note FROM replication.audit_checkpoint ORDER BY size');
    expect(await anchored()).toEqual(stored.map(({ size }) => auditCheckpointKey(Number(size))));
    for (const { size, note } of stored)
      expect((await world.bucket.get(auditCheckpointKey(Number(size)))).toString()).toBe(note);
  }, 90_000);

  it('goes on where another one ended, puts nothing while it is paused, and fills a new bucket', async () => {
    await sealEntries(1);
    const first = startLane();
    await waitFor(async () => (await anchored()).length === 1, { timeoutMs: 20_000 });
    await world.sql('UPDATE replication.connector_control SET paused = true');
    await first.stop();
    lanes.length = 0;
    await sealEntries(1);
    publisher = await world.publisher({ leaseMs: 60_000 });
    await world.bucket.remove(await anchored());
    startLane();
    await waitFor(async () => (await stateOf()).state === 'paused', { timeoutMs: 20_000 });
    // the round that says so also looks after everything else, afterwards
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await anchored()).toEqual([]);
    await world.sql('UPDATE replication.connector_control SET paused = false');
    await waitFor(async () => (await anchored()).length === 2, { timeoutMs: 30_000 });
  }, 90_000);

  it('adds nothing to the checkpoints of a later history than its database has, and goes on publishing', async () => {
    await sealEntries(1);
    const size = await newestSize();
    await world.bucket.put(
      auditCheckpointKey(size + 5),
      Buffer.from('of a database that was set back since'),
    );
    await world.activate('types: { account: }');
    startLane();
    await waitFor(() => lines.some((line) => line.includes('audit-set-back')), { timeoutMs: 20_000 });
    await waitFor(async () => Number((await stateOf()).n) >= 1, { timeoutMs: 20_000 });
    await world.insert('crm.account', { name: 'Acme', kind: 'customer' });
    await waitFor(async () => Number((await stateOf()).n) >= 2, { timeoutMs: 20_000 });
    expect(await anchored()).toEqual([auditCheckpointKey(size + 5)]);
  }, 90_000);
});

async function stateOf(): Promise<Record<string, unknown>> {
  return (await world.sql('SELECT * FROM replication.connector_status'))[0] ?? {};
}

describe('the connector', () => {
  it('may read checkpoints and neither write them nor see anything else of the audit', async () => {
    await sealEntries(1);
    const { connector } = world;
    expect((await connector.query('SELECT note FROM replication.audit_checkpoint')).rows).toHaveLength(1);
    for (const sql of [
      `INSERT INTO replication.audit_checkpoint VALUES (99, sha256('x'), now(), 'x')`,
      'UPDATE replication.audit_checkpoint SET note = note',
      'DELETE FROM replication.audit_checkpoint',
      'SELECT 1 FROM audit.leaf',
      'SELECT 1 FROM audit.tree_leaf',
      'SELECT 1 FROM audit.tree_queue',
      `SELECT audit.enter_leaves(0, '{}', '{}', '{}')`,
    ])
      await expect(connector.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
