// A receipt says what is known of the objects that left the bucket, and no more. It is written anew when a replica has
// said something that it did not know, until every replica has said everything.
import { type Bucket } from '../../src/platform/bucket/index.js';
import {
  digestOf,
  FormatError,
  receiptKey,
  signReceipt,
  verifyReceipt,
  type Receipt,
  type ReceiptReplica,
} from '../../src/replication/format/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import type { ConnectorTrust } from '../publish/index.js';
import { owedReceipt, type ReceiptFacts } from './receipt-facts.js';

export interface ReceiptMakerParts {
  db: ConnectorDatabase;
  bucket: Bucket;
  trust: ConnectorTrust;
  /** the bucket keeps old versions until somebody else removes them */
  versionsMayRemain: boolean;
}

interface OpenReceipt {
  generation: number;
  sequence: number;
  object: Buffer;
  replicas: ReceiptReplica[];
}

interface AckRow {
  replica: string;
  generation: number;
  n: number;
  applied_at: Date;
  destroyed: string[];
  key: string | null;
}

/** Nothing in the bucket or in this program can show these; whoever reads a receipt should know. */
const NEVER_PROVEN = ['copies-made-by-others', 'backups-of-replicas'];

export class ReceiptMaker {
  /** version of the root under which all receipts were looked at */
  private looked = 0;

  constructor(private readonly parts: ReceiptMakerParts) {}

  /** @returns the generations whose receipt was written */
  async run(): Promise<number[]> {
    const written: number[] = [];
    const facts = await owedReceipt(this.parts.db);
    if (facts !== null) written.push(await this.write(await this.fresh(facts), null));
    for (const open of await this.open()) {
      const next = await this.renewed(open);
      if (next !== null) written.push(await this.write(next, open));
    }
    return [...written, ...(await this.signAnew())];
  }

  /**
   * A key that was retired vouches for nothing any more, or whoever finds it later could make receipts with it. So what
   * it signed is said again, word for word, under the key in use.
   */
  private async signAnew(): Promise<number[]> {
    const { trust, db } = this.parts;
    const { tenant, chain } = trust;
    const root = chain.current.version;
    if (root === this.looked) return [];
    const written: number[] = [];
    for (const kept of await db.query<OpenReceipt>(
      'SELECT generation, sequence, object, replicas FROM replication.receipt ORDER BY generation',
    )) {
      const old = verifyReceipt(kept.object, chain, { tenant, anchor: digestOf(kept.object) });
      if (isVouchedFor(kept.object, trust)) continue;
      written.push(await this.write({ ...old, root, sequence: kept.sequence + 1 }, kept));
    }
    this.looked = root;
    return written;
  }

  private open(): Promise<OpenReceipt[]> {
    return this.parts.db.query<OpenReceipt>(
      'SELECT generation, sequence, object, replicas FROM replication.receipt WHERE NOT is_final ORDER BY generation',
    );
  }

  private async fresh(facts: ReceiptFacts): Promise<Receipt> {
    const { generation, manifest, reason, generations, objects, sealedTo, listedAt, erasures } = facts;
    const replicas = await this.replicas(generation);
    const recipients = [...new Set(sealedTo.map(({ recipient }) => recipient))];
    return {
      ...{ format: 'holdfast-receipt/1', tenant: this.parts.trust.tenant },
      ...{ root: this.parts.trust.chain.current.version, generation, manifest, reason, erasures },
      purged: { generations, objects, recipients },
      listing: { at: listedAt.toISOString(), objectsOfOlderGenerations: 0 },
      replicas,
      notProven: this.notProven(replicas, recipients, sealedTo),
      ...{ sequence: 1, createdAt: new Date().toISOString() },
    };
  }

  /** null: nothing new to say */
  private async renewed({
    generation,
    sequence,
    object,
    replicas: before,
  }: OpenReceipt): Promise<Receipt | null> {
    const replicas = await this.replicas(generation);
    if (spell(replicas) === spell(before)) return null;
    const { trust } = this.parts;
    const old = verifyReceipt(object, trust.chain, { tenant: trust.tenant, anchor: digestOf(object) });
    const sealedTo = await this.sealedTo(old.purged.generations);
    return {
      ...old,
      ...{ root: trust.chain.current.version, replicas, sequence: sequence + 1 },
      notProven: this.notProven(replicas, old.purged.recipients, sealedTo),
      createdAt: new Date().toISOString(),
    };
  }

  /** The ledger's word on each replica that the newest root names. */
  private async replicas(generation: number): Promise<ReceiptReplica[]> {
    const rows = await this.parts.db.query<AckRow>(
      'SELECT replica, generation, n, applied_at, destroyed, key FROM replication.replica_ack',
    );
    const known = new Map(rows.map((row) => [row.replica, row]));
    return this.parts.trust.chain.current.replicas.map(({ name, key }) => {
      const ack = known.get(name);
      if (ack?.key !== key) return { name, state: 'unacknowledged', ...NOTHING_SAID };
      return {
        name,
        state: ack.generation >= generation ? 'acknowledged' : 'unacknowledged',
        ...{ generation: ack.generation, n: ack.n, appliedAt: ack.applied_at.toISOString() },
        destroyed: ack.destroyed,
      };
    });
  }

  private async sealedTo(generations: readonly number[]): Promise<ReceiptFacts['sealedTo']> {
    return this.parts.db.query<{ replica: string; recipient: string }>(
      `SELECT DISTINCT s.value ->> 'replica' AS replica, s.value ->> 'recipient' AS recipient
       FROM replication.generation g CROSS JOIN LATERAL jsonb_array_elements(coalesce(g.recipients, '[]')) s
       WHERE g.id = ANY ($1)`,
      [generations],
    );
  }

  private notProven(
    replicas: readonly ReceiptReplica[],
    recipients: readonly string[],
    sealedTo: ReceiptFacts['sealedTo'],
  ): string[] {
    const destroyed = new Set(replicas.flatMap((replica) => replica.destroyed));
    const kept = sealedTo
      .filter(({ recipient }) => recipients.includes(recipient) && !destroyed.has(recipient))
      .map(({ replica }) => `key-kept:${replica}`);
    const silent = replicas
      .filter(({ state }) => state === 'unacknowledged')
      .map(({ name }) => `unacknowledged:${name}`);
    const versions = this.parts.versionsMayRemain ? ['old-versions-in-bucket'] : [];
    return [...new Set([...NEVER_PROVEN, ...versions, ...silent, ...kept])];
  }

  /** The bucket first: what the database calls written is there. */
  private async write(receipt: Receipt, before: OpenReceipt | null): Promise<number> {
    const { db, bucket, trust } = this.parts;
    const object = signReceipt(receipt, trust.signer);
    await bucket.put(receiptKey(receipt.generation), object);
    const isFinal = !receipt.notProven.some((code) => /^(unacknowledged|key-kept):/.test(code));
    await db.query(
      `INSERT INTO replication.receipt AS r (generation, sequence, object, replicas, is_final) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (generation) DO UPDATE SET sequence = excluded.sequence, object = excluded.object,
         replicas = excluded.replicas, is_final = excluded.is_final, made_at = clock_timestamp()
         WHERE r.sequence = $6`,
      [
        ...[receipt.generation, receipt.sequence, object, JSON.stringify(receipt.replicas), isFinal],
        before?.sequence ?? 0,
      ],
    );
    return receipt.generation;
  }
}

function isVouchedFor(object: Buffer, { tenant, chain }: ConnectorTrust): boolean {
  try {
    verifyReceipt(object, chain, { tenant });
    return true;
  } catch (error) {
    if (error instanceof FormatError && error.code === 'format.signature_invalid') return false;
    throw error;
  }
}

const NOTHING_SAID = { generation: null, n: null, appliedAt: null, destroyed: [] };

/** Without where a replica stands within the generation: that rises all the time and proves nothing more. */
function spell(replicas: readonly ReceiptReplica[]): string {
  return JSON.stringify(replicas.map(({ name, state, destroyed }) => ({ name, state, destroyed })));
}
