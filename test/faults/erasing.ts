// The server's part in an erasure, and what the connector's jobs do after it, without server and queue.
import { join } from 'node:path';
import { PurgeReconciler, PurgeWorker } from '../../connector/purge/index.js';
import { ReceiptMaker } from '../../connector/receipts/index.js';
import { systemContext } from '../../src/platform/http/index.js';
import { createLogger } from '../../src/platform/logging/index.js';
import type { JobQueue, RunningJob } from '../../src/platform/queue/index.js';
import { ErasureLedger } from '../../src/privacy/erasure-ledger.js';
import { ErasureReplay } from '../../src/privacy/erasure-replay.service.js';
import { EraseSubject } from '../../src/privacy/erase-subject.command.js';
import { ErasuresService } from '../../src/privacy/erasures.service.js';
import { TENANT, type TestPublisher } from '../integration/connector/connector-world.js';
import type { FaultWorld } from './fault-world.js';

const log = createLogger({ level: 'silent', name: 'erasing' });

export interface Erasing {
  /** @returns the id of the erasure */
  erase(type: string, id: string): Promise<string>;
  /** what a server does when it starts. @returns how many erasures this database had not known */
  replay(): Promise<number>;
}

/** The ledger lies beside the keys, outside the database. */
export function erasing(world: FaultWorld): Erasing {
  const folder = join(world.folder, 'erasures');
  const ledger = new ErasureLedger({ folder, keysFolder: world.folder, tenant: TENANT });
  const service = new ErasuresService(world.app, new EraseSubject(world.audit), ledger, { batchMinutes: 60 });
  const replay = new ErasureReplay(world.app, ledger, service, log);
  return {
    erase: async (type, id) => {
      const request = { type, id, reason: 'Article 17', urgent: true };
      return (await service.erase(systemContext('test'), request)).id;
    },
    replay: () => replay.run(),
  };
}

/** Whatever of older generations has to leave now leaves the bucket. */
export async function purgeWhatIsDue(world: FaultWorld, { db }: TestPublisher): Promise<void> {
  const use = { isGiven: () => Promise.resolve(true) };
  const worker = new PurgeWorker(db, world.bucket, use, log);
  const queue: Pick<JobQueue, 'add'> = {
    add: async (_job, data) => {
      const { signal } = new AbortController();
      await worker.handle({ id: 'purge', data, signal } as unknown as RunningJob<{ live: number }>);
      return 'purge';
    },
  };
  await new PurgeReconciler(db, queue as JobQueue, log).reconcile();
}

/** @returns the generations whose receipt was written */
export function writeReceipts({ bucket, trust }: FaultWorld, { db }: TestPublisher): Promise<number[]> {
  return new ReceiptMaker({ db, bucket, trust, versionsMayRemain: false }).run();
}
