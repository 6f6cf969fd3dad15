import { ObjectNotFound, ObjectTooLarge, type Bucket } from '../../src/platform/bucket/index.js';
import { ackKey, FormatError, verifyAck, type Ack } from '../../src/replication/format/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import type { ConnectorTrust } from './trust.js';

const MAX_ACK_BYTES = 1024 * 1024;

/** Fetches what each replica says it has applied. An ack that does not verify says nothing, and changes nothing. */
export class ReplicaAcks {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly bucket: Bucket,
    private readonly trust: ConnectorTrust,
  ) {}

  /** Answers the names of replicas whose ack was refused. */
  async collect(): Promise<string[]> {
    const refused: string[] = [];
    for (const { name, key } of this.trust.chain.current.replicas) {
      const bytes = await this.fetch(name);
      if (bytes === null) continue;
      const ack = bytes === 'too-large' ? null : this.verified(bytes, name);
      if (ack === null) refused.push(name);
      else await this.store(ack, key);
    }
    await this.markRevoked();
    return refused;
  }

  /** What a replica that is no longer named has said holds nothing up any more. */
  private async markRevoked(): Promise<void> {
    await this.db.query(
      `UPDATE replication.replica_ack SET revoked_at = clock_timestamp()
       WHERE revoked_at IS NULL AND replica <> ALL ($1)`,
      [this.trust.chain.current.replicas.map(({ name }) => name)],
    );
  }

  private verified(bytes: Buffer, replica: string): Ack | null {
    try {
      return verifyAck(bytes, this.trust.chain.current, { replica });
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }

  private async fetch(replica: string): Promise<Buffer | 'too-large' | null> {
    try {
      return await this.bucket.get(ackKey(replica), { maxBytes: MAX_ACK_BYTES });
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      if (error instanceof ObjectTooLarge) return 'too-large';
      throw error;
    }
  }

  /** A replica's word only ever moves on; an older ack that the bucket serves again is not news. */
  private async store(ack: Ack, key: string): Promise<void> {
    const { replica, generation, n, appliedAt, sequence, recipients, destroyed } = ack;
    await this.db.query(
      `INSERT INTO replication.replica_ack AS known
         (replica, generation, n, applied_at, sequence, recipients, destroyed, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (replica) DO UPDATE
         SET generation = excluded.generation, n = excluded.n, applied_at = excluded.applied_at,
           sequence = excluded.sequence, recipients = excluded.recipients, destroyed = excluded.destroyed,
           key = excluded.key, seen_at = clock_timestamp(), revoked_at = NULL
         WHERE known.key IS DISTINCT FROM excluded.key OR (known.generation, known.n) < (excluded.generation, excluded.n)
           OR ((known.generation, known.n) = (excluded.generation, excluded.n) AND known.sequence <= excluded.sequence)`,
      [
        ...[replica, generation, n, appliedAt, sequence],
        ...[JSON.stringify(recipients), JSON.stringify(destroyed), key],
      ],
    );
  }
}
