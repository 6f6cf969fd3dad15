import { errorCodeOf, type Logger } from '../../platform/logging/index.js';
import type { Pool } from 'pg';
import { signAck, type ReplicaKeyStore } from '../format/index.js';
import type { ReplicaBucket } from './replica-bucket.js';
import { nextAckSequence, type AppliedState } from './replica-state.store.js';

/** An ack has room for so many; older ones are nothing to seal to any more. */
const MOST_ANNOUNCED = 16;
const PASSING_INTERVAL_MS = 1000;
/** Each look at the bucket comes by here; one that takes no acks is not asked every time. */
const AFTER_FAILURE_MS = 30_000;

interface AckSettings {
  pool: Pool;
  keys: ReplicaKeyStore;
  tenant: string;
  name: string;
  log: Logger;
}

/**
 * Tells the premises what is applied here. The state comes first: an ack that cannot be written (a data diode, a bucket
 * that is read-only for this replica) is reported and holds nothing up.
 */
export class ReplicaAcks {
  private acknowledged: string | null = null;
  private hasFailed = false;
  private writtenAt = 0;

  constructor(
    private readonly settings: AckSettings,
    private readonly bucket: ReplicaBucket,
  ) {}

  /** While batches follow one another without a pause, one ack a second is enough. */
  async writeInPassing(state: AppliedState | null, root: number): Promise<void> {
    if (Date.now() - this.writtenAt >= PASSING_INTERVAL_MS) await this.write(state, root);
  }

  async write(state: AppliedState | null, root: number): Promise<void> {
    if (state === null || state.digest === this.acknowledged) return;
    if (this.hasFailed && Date.now() - this.writtenAt < AFTER_FAILURE_MS) return;
    const { log } = this.settings;
    this.writtenAt = Date.now();
    try {
      await this.bucket.putAck(this.settings.name, await this.sign(state, root));
      this.acknowledged = state.digest;
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) log.warn({ event: 'replica.ack_failed', code: errorCodeOf(error) });
      this.hasFailed = true;
    }
  }

  private async sign(state: AppliedState, root: number): Promise<Buffer> {
    const { keys, pool, tenant, name } = this.settings;
    await keys.addRecipient(state.generation + 1);
    const recipients = (await keys.recipients())
      .slice(0, MOST_ANNOUNCED)
      .map(({ fromGeneration, recipient }) => ({
        fromGeneration,
        recipient,
      }));
    const { generation, n, digest: manifest } = state;
    return signAck(
      {
        ...{ format: 'holdfast-ack/1', tenant, replica: name, root, generation, n, manifest },
        ...{ asOf: state.asOf.toISOString(), appliedAt: state.appliedAt.toISOString() },
        ...{ sequence: await nextAckSequence(pool), recipients, destroyed: await keys.destroyed() },
      },
      await keys.signer(),
    );
  }
}
