import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { FormatError, type BatchLine, type KeySeal } from '../format/index.js';
import type { TargetTable } from './target-tables.js';

/** Temporary tables of one type, gone with the transaction. */
export interface StagedType {
  target: TargetTable;
  upserts: { table: string; count: number };
  deletes: { table: string; count: number };
  /** of the last line, while ids only rise; null once they did not, so that an id may stand there twice */
  lastId: string | null;
}

interface Pending {
  table: string;
  buffers: Buffer[];
}

const KEYS = 'file_key';
const FLUSH_BYTES = 8 * 1024 * 1024;
// JSON text holds no raw control characters, so with these as quote and delimiter nothing needs escaping.
const COPY_OPTIONS = String.raw`FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01', ESCAPE E'\x01', ENCODING 'UTF8'`;
const delimiter = Buffer.from([0x02]);
const newline = Buffer.from('\n');
const idStart = Buffer.from('{"id":"');
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Copies lines into temporary tables, type by type, holding at most a few megabytes in memory. */
export class StagingLoader {
  readonly types = new Map<string, StagedType>();
  /** lines with the key of a file, in the table `pg_temp.file_key` where there are any */
  keys = 0;
  private readonly pending = new Map<string, Pending>();
  private pendingBytes = 0;
  private line = 0;

  constructor(
    private readonly client: PoolClient,
    private readonly targets: ReadonlyMap<string, TargetTable>,
    private readonly keySeal: KeySeal,
  ) {}

  async add(line: Exclude<BatchLine, { kind: 'header' }>): Promise<void> {
    if (line.kind === 'key') return this.addKey(line.name, line.key);
    const staged = this.types.get(line.type) ?? (await this.open(line.type));
    this.line += 1;
    const id = line.kind === 'delete' ? Buffer.from(line.id, 'latin1') : idOf(line.row);
    if (staged.lastId !== null) {
      const text = id.toString('latin1');
      staged.lastId = text > staged.lastId ? text : null;
    }
    const start = [id, delimiter, Buffer.from(String(this.line), 'latin1')];
    if (line.kind === 'delete') {
      staged.deletes.count += 1;
      await this.push(staged.deletes.table, [...start, newline]);
      return;
    }
    staged.upserts.count += 1;
    await this.push(staged.upserts.table, [...start, delimiter, line.row, newline]);
  }

  async flush(): Promise<void> {
    for (const { table, buffers } of this.pending.values()) {
      if (buffers.length === 0) continue;
      const columns = columnsOf(table);
      const copy = this.client.query(
        copyFrom(`COPY pg_temp.${table} ${columns} FROM STDIN WITH (${COPY_OPTIONS})`),
      );
      await pipeline(Readable.from([Buffer.concat(buffers)]), copy);
      buffers.length = 0;
    }
    this.pendingBytes = 0;
  }

  /**
   * A first snapshot is read in chunks while people work, so a row that changed meanwhile stands in it twice, or once
   * more as a tombstone: the last line counts.
   */
  async keepLastLines({ upserts, deletes, lastId }: StagedType): Promise<void> {
    if (lastId !== null) return;
    await this.client.query(
      `DELETE FROM pg_temp.${upserts.table} u USING (
         SELECT id, max(line) AS last FROM (
           SELECT id, line FROM pg_temp.${upserts.table} UNION ALL SELECT id, line FROM pg_temp.${deletes.table}) l
         GROUP BY id HAVING count(*) > 1) twice
       WHERE u.id = twice.id AND u.line < twice.last`,
    );
  }

  /** Sealed before it reaches the database, which writes even temporary tables to its disk. */
  private async addKey(name: string, key: Buffer): Promise<void> {
    if (this.keys === 0) {
      await this.client.query(`CREATE TEMPORARY TABLE ${KEYS} (name text, sealed_key bytea) ON COMMIT DROP`);
      this.pending.set(KEYS, { table: KEYS, buffers: [] });
    }
    this.keys += 1;
    const sealed = this.keySeal.seal(name, key).toString('hex');
    await this.push(KEYS, [
      Buffer.from(name, 'utf8'),
      delimiter,
      Buffer.from(`\\x${sealed}`, 'latin1'),
      newline,
    ]);
  }

  private async push(table: string, buffers: Buffer[]): Promise<void> {
    this.pending.get(table)?.buffers.push(...buffers);
    for (const buffer of buffers) this.pendingBytes += buffer.length;
    if (this.pendingBytes >= FLUSH_BYTES) await this.flush();
  }

  private async open(type: string): Promise<StagedType> {
    const target = this.targets.get(type);
    if (target === undefined)
      throw new FormatError('format.malformed', 'a line is of a type that the header does not name');
    const index = String(this.types.size);
    const staged: StagedType = {
      target,
      upserts: { table: `upsert_${index}`, count: 0 },
      deletes: { table: `delete_${index}`, count: 0 },
      lastId: '',
    };
    await this.client.query(
      `CREATE TEMPORARY TABLE ${staged.upserts.table} (id uuid, line bigint, row text) ON COMMIT DROP`,
    );
    await this.client.query(
      `CREATE TEMPORARY TABLE ${staged.deletes.table} (id uuid, line bigint) ON COMMIT DROP`,
    );
    this.types.set(type, staged);
    for (const { table } of [staged.upserts, staged.deletes]) this.pending.set(table, { table, buffers: [] });
    return staged;
  }
}

function columnsOf(table: string): string {
  if (table === KEYS) return '(name, sealed_key)';
  return table.startsWith('upsert') ? '(id, line, row)' : '(id, line)';
}

/** The id is the first member of every row, so the row need not be parsed for it. */
function idOf(row: Buffer): Buffer {
  const id = row.subarray(idStart.length, idStart.length + 36);
  const isFramed = row.subarray(0, idStart.length).equals(idStart) && row[idStart.length + 36] === 0x22;
  if (!isFramed || !uuid.test(id.toString('latin1')))
    throw new FormatError('format.malformed', 'a row does not begin with its id');
  return id;
}
