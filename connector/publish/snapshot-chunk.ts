import type { Writable } from 'node:stream';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type pg from 'pg';
import {
  MultisetHash,
  digestRowInto,
  type PartEntry,
  type PartWriter,
} from '../../src/replication/format/index.js';
import { LedgerCopyBuilder, RowCopyParser, uuidText } from './binary-copy.js';
import { viewOf } from './cloud-catalog.js';
import { CopyOut } from './copy-out.js';

/** Rows of one type in one part, read under one snapshot. */
export interface SnapshotChunk {
  type: string;
  entry: PartEntry;
  lastId: string;
  count: number;
  checksum: string;
}

export interface ChunkRequest {
  type: string;
  /** the chunk begins after this id */
  after: string;
  /** and ends with this one, or before it where it would have more than `maxRows` */
  upTo: string;
  maxRows: number;
  digestKey: Buffer;
  /** called when the first row is there */
  openPart: () => Promise<PartWriter>;
}

const LEDGER_COPY = 'COPY replication.ledger (type, id, digest) FROM STDIN (FORMAT binary)';

/**
 * Streams the next rows of a view into a part, and their digests into the ledger where `tx` is given, without ever holding more than a
 * few network blocks of them. Answers null where no row is left.
 */
export async function copyChunk(
  reader: pg.Client,
  tx: pg.PoolClient | null,
  request: ChunkRequest,
): Promise<SnapshotChunk | null> {
  // A chunk's rows are sorted in memory, not in files; the setting ends with the snapshot's transaction.
  await reader.query(`SET LOCAL work_mem = '64MB'`);
  const source = reader.query(new CopyOut(selectChunk(request)));
  const parser = new RowCopyParser();
  const chunk = new ChunkBuilder(request, tx);
  try {
    for await (const block of source) {
      parser.push(block as Buffer);
      while (parser.next()) {
        const wait = chunk.add(parser);
        if (wait !== undefined) await wait;
      }
    }
    parser.end();
    return await chunk.finish();
  } catch (error) {
    source.destroy();
    await chunk.abort();
    throw error;
  }
}

/**
 * By id and with a limit, so that the next chunk begins where this one ended. The text is made of what the limit leaves:
 * beside the sort it would be made of every row in the range.
 */
function selectChunk({ type, after, upTo, maxRows }: ChunkRequest): string {
  return `COPY (SELECT v.id, row_to_json(v)::text FROM (
      SELECT * FROM ${viewOf(type)} r WHERE r.id > '${after}'::uuid AND r.id <= '${upTo}'::uuid
      ORDER BY r.id LIMIT ${String(maxRows)}) v) TO STDOUT (FORMAT binary)`;
}

class ChunkBuilder {
  private readonly hash = new MultisetHash();
  private readonly ledgerRows: LedgerCopyBuilder;
  private readonly prefix: Buffer;
  private part: PartWriter | null = null;
  private ledger: Writable | null = null;
  private count = 0;
  private readonly lastId = Buffer.alloc(16);
  private readonly digest = Buffer.alloc(32);

  constructor(
    private readonly request: ChunkRequest,
    private readonly tx: pg.PoolClient | null,
  ) {
    this.ledgerRows = new LedgerCopyBuilder(request.type);
    this.prefix = Buffer.from(`["u","${request.type}",`, 'utf8');
  }

  /** Answers a promise only where it has to be waited for: this runs once per row. */
  add(found: RowCopyParser): Promise<void> | undefined {
    if (this.part === null) return this.begin().then(() => this.add(found));
    const { data, idAt, rowAt, rowEnd } = found;
    digestRowInto(this.digest, this.request.digestKey, this.request.type, data, rowAt, rowEnd);
    this.hash.add(this.digest);
    this.count += 1;
    data.copy(this.lastId, 0, idAt, idAt + 16);
    const full = this.tx === null ? null : this.ledgerRows.add(data, idAt, this.digest);
    const written = this.part.framed(this.prefix, data, rowAt, rowEnd, CLOSE);
    if (full === null) return written ?? undefined;
    return Promise.all([written, this.writeLedger(full)]).then(() => undefined);
  }

  private async begin(): Promise<void> {
    this.part = await this.request.openPart();
    this.ledger = this.tx?.query(copyFrom(LEDGER_COPY)) ?? null;
  }

  private async writeLedger(block: Buffer): Promise<void> {
    if (this.ledger?.write(block) === false) await once(this.ledger, 'drain');
  }

  async finish(): Promise<SnapshotChunk | null> {
    if (this.part === null) return null;
    if (this.ledger !== null) {
      this.ledger.end(this.ledgerRows.end());
      await finished(this.ledger);
    }
    const entry = await this.part.finish();
    const { type } = this.request;
    return { type, entry, lastId: uuidText(this.lastId), count: this.count, checksum: this.hash.toHex() };
  }

  async abort(): Promise<void> {
    this.ledger?.destroy();
    await this.part?.abort();
  }
}

const CLOSE = Buffer.from(']');
