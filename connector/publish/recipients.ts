import type { ConnectorDatabase } from '../connector-database.js';
import type { ConnectorTrust } from './trust.js';

/** One replica and the age recipient that a generation is sealed to for it. */
export interface SealedTo {
  replica: string;
  recipient: string;
}

/**
 * To whom a generation is sealed. Each replica makes a fresh key per generation and announces it in its signed ack; the
 * choice is made once, when a generation begins, so that all its objects open with one key, and whoever has destroyed
 * the older keys can open nothing of the older generations.
 */
export class Recipients {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly trust: ConnectorTrust,
  ) {}

  /** Of every replica that the newest root names; the root's own word where a replica has announced nothing yet. */
  async choose(generation: number): Promise<SealedTo[]> {
    const rows = await this.db.query<{
      replica: string;
      key: string | null;
      recipients: { fromGeneration: number; recipient: string }[];
    }>('SELECT replica, key, recipients FROM replication.replica_ack');
    const announced = new Map(rows.map((row) => [row.replica, row]));
    return this.trust.chain.current.replicas.map(({ name, key, recipient }) => {
      const ack = announced.get(name);
      const usable = (ack?.key === key ? ack.recipients : [])
        .filter(({ fromGeneration }) => fromGeneration <= generation)
        .sort((a, b) => b.fromGeneration - a.fromGeneration);
      return { replica: name, recipient: usable[0]?.recipient ?? recipient };
    });
  }

  /** Those of a choice that may still read: a replica that the newest root no longer names gets nothing new. */
  still(chosen: readonly SealedTo[] | null): string[] {
    if (chosen === null) return this.trust.recipients();
    const named = new Set(this.trust.chain.current.replicas.map(({ name }) => name));
    return chosen.filter(({ replica }) => named.has(replica)).map(({ recipient }) => recipient);
  }
}
