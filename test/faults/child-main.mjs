// Plays a connector's lane ("lane") or a replica's follower ("replica") in a process of its own, which can be killed and
// frozen. Tells what it reaches on stdout, a JSON object a line.
import '../support/typescript-loader.mjs';
import { writeSync } from 'node:fs';

const task = JSON.parse(process.argv[2] ?? '{}');
const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
const load = (path) => import(`../../${path}`);
const { openBucket } = await load('src/platform/bucket/index.ts');
const { createLogger } = await load('src/platform/logging/index.ts');
const bucket = openBucket(task.bucketUrl);

/** Does to itself at a step what nobody outside could do at that very moment. */
const fate = {
  onStep: (step, { n }) => {
    if (step !== task.step || (task.n !== undefined && n !== task.n)) return;
    say({ reached: step });
    process.kill(process.pid, task.signal);
  },
};

async function lane() {
  const { ConnectorDatabase } = await load('connector/connector-database.ts');
  const { PublishLease } = await load('connector/publish/publish-lease.ts');
  const { Publisher } = await load('connector/publish/publisher.ts');
  const { Spool } = await load('connector/publish/spool.ts');
  const { ConnectorTrust } = await load('connector/publish/trust.ts');
  const { Heartbeat } = await load('connector/publish/heartbeat.ts');
  const db = new ConnectorDatabase(task.databaseUrl, () => undefined);
  const lease = new PublishLease(db, 60_000);
  const { KeptRoots } = await load('connector/publish/kept-roots.ts');
  const trust = await ConnectorTrust.load(task.keysFolder, task.tenant, new KeptRoots(db));
  const spool = new Spool(task.spoolFolder, 1_000_000_000);
  const publisher = new Publisher({ db, lease, bucket, trust, spool, listeners: [fate], chunkRows: 4 });
  say({ hasLease: await lease.acquire(), now: Date.now() });
  await publisher.tidySpool();
  for (;;) {
    const outcome = await publisher.turn();
    if (outcome === 'published' || outcome === 'moved-on') continue;
    say({ outcome });
    break;
  }
  await new Heartbeat(bucket, trust, 10_000).beat(
    await publisher.generations.current(),
    lease.epoch,
    publisher.currentAsOf,
  );
  await lease.release();
  await db.close();
}

async function replica() {
  const { default: pg } = await import('pg');
  const { ReplicaFollower } = await load('src/replication/replica/index.ts');
  const { keyFolders, ReplicaKeyStore } = await load('src/replication/format/index.ts');
  const pool = new pg.Pool({ connectionString: task.databaseUrl, max: 3 });
  const keyFolder = keyFolders(task.keysFolder).replica('london');
  const follower = new ReplicaFollower({
    ...{ pool, bucket, keyFolder, keys: new ReplicaKeyStore(keyFolder), tenant: task.tenant },
    ...{ name: 'london', floor: null, log: createLogger({ level: 'silent', name: 'replica' }) },
  });
  say({ reached: 'step' });
  say({ outcome: await follower.step() });
  await pool.end();
}

try {
  await (task.play === 'lane' ? lane() : replica());
} catch (error) {
  say({ refused: error.code ?? error.message });
}
await bucket.close();
// connections that were open when it was refused must not keep it
process.exit(0);
