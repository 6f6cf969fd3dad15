// Applies one verified manifest to the replica's database, in one transaction: either everything in it is visible,
// and the stored rows add up to the checksums that the premises signed, or nothing of it is.
import { escapeIdentifier, type Pool, type PoolClient } from 'pg';
import type { Readable } from 'node:stream';
import {
  expectHeader,
  FormatError,
  hmacBlocks,
  parseLine,
  readPartBlocks,
  type BatchHeader,
  type KeySeal,
  type Manifest,
  type ObjectContext,
  type PartEntry,
  type TypeState,
} from '../format/index.js';
import { assertAttachments, readListedFiles } from './attachment-check.js';
import { applyFileKeys } from './file-keys.js';
import { ReplicaError } from './replica.errors.js';
import { lockState, writeState, type AppliedState } from './replica-state.store.js';
import { afterChange, checksumSql, toRowSum, type ChecksumRow, type RowSum } from './row-checksum.js';
import { StagingLoader, type StagedType } from './staging-loader.js';
import { findTargets, replicatedTables, type TargetTable } from './target-tables.js';

export interface BatchSource {
  manifest: Manifest;
  /** of the manifest object */
  digest: string;
  identities: readonly string[];
  /** keeps the keys of files */
  keySeal: KeySeal;
  openPart: (entry: PartEntry) => Promise<Readable>;
}

const nothing: RowSum = { count: 0, sum: 0n };

/** Below this, indexes kept up to date row by row cost less than a second. */
const MANY_ROWS = 5_000;

/**
 * @param expected the state that the manifest was held against; where another server has moved on meanwhile, nothing
 * is done
 * @returns whether it was applied
 * @throws FormatError, ReplicaError, and the database's own errors; the transaction is rolled back then
 */
export async function applyBatch(
  pool: Pool,
  source: BatchSource,
  expected: AppliedState | null,
): Promise<boolean> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const current = await lockState(client);
    const isSame = current?.digest === expected?.digest;
    if (isSame) await applyInside(client, source, current);
    await client.query(isSame ? 'COMMIT' : 'ROLLBACK');
    return isSame;
  } catch (error) {
    failure = error instanceof Error ? error : new Error('applying failed', { cause: error });
    throw error;
  } finally {
    // After a failure the connection is closed: the server rolls back, whatever state a half-done COPY left it in.
    client.release(failure);
  }
}

async function applyInside(
  client: PoolClient,
  source: BatchSource,
  state: AppliedState | null,
): Promise<void> {
  const { manifest, digest } = source;
  const { header, targets, staged, keys } = await stage(
    client,
    source,
    manifest.kind === 'delta' ? state : null,
  );
  const before = manifest.kind === 'delta' ? state : null;
  if (manifest.kind === 'snapshot')
    for (const table of await replicatedTables(client)) await client.query(`DELETE FROM ${table}`);
  if (state === null) await shelveIndexes(client, targets, staged);
  const known = new Map(manifest.types.map((entry) => [entry.type, entry]));
  if (known.size !== targets.size)
    throw new FormatError('format.malformed', 'manifest and header name different types');
  for (const [type, target] of targets) {
    const claimed = known.get(type);
    if (claimed === undefined)
      throw new FormatError('format.malformed', 'manifest and header name different types');
    const last = before?.types.find((entry) => entry.type === type) ?? { count: 0, checksum: '0'.repeat(64) };
    const change = await applyType(client, target, staged.get(type), header.digestKey, manifest.kind);
    assertState(claimed, staged.get(type), afterChange(last, change.removed, change.added));
  }
  if (state === null) await client.query('SELECT replication.restore_indexes()');
  // A batch that says nothing new of files and has no row of one is spared the look at all of them.
  if (staged.has('attachment') || saysAnything(manifest) || keys > 0) {
    const listed = await readListedFiles(manifest, async (entry) =>
      wholeObject(await source.openPart(entry), entry),
    );
    await assertAttachments(client, manifest, targets.get('attachment'), listed);
    await applyFileKeys(client, manifest, listed, targets.get('attachment'), keys);
  }
  await writeState(client, manifest, digest, { schema: header.types, digestKey: header.digestKey });
}

/** On the first fill of a replica, which nobody reads yet, indexes are built after the rows are there. */
async function shelveIndexes(
  client: PoolClient,
  targets: ReadonlyMap<string, TargetTable>,
  staged: ReadonlyMap<string, StagedType>,
): Promise<void> {
  for (const [type, { table }] of targets)
    if ((staged.get(type)?.upserts.count ?? 0) >= MANY_ROWS && table.startsWith('"crm".'))
      await client.query('SELECT replication.shelve_indexes($1::regclass)', [table]);
}

function saysAnything({ attachments, kind }: Manifest): boolean {
  const { added, condemned, lists } = attachments;
  return kind === 'snapshot' || added.length + condemned.length + lists.length > 0;
}

async function wholeObject(source: Readable, { bytes }: PartEntry): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of source) {
    length += (piece as Buffer).length;
    if (length > bytes) throw new FormatError('format.malformed', 'list: longer than its manifest says');
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

interface StagedBatch {
  header: BatchHeader;
  targets: Map<string, TargetTable>;
  staged: Map<string, StagedType>;
  /** how many keys of files are staged */
  keys: number;
}

/** Reads, verifies and stages every part. Nothing of the CRM has been touched when this fails. */
async function stage(
  client: PoolClient,
  source: BatchSource,
  state: AppliedState | null,
): Promise<StagedBatch> {
  const { manifest, identities, keySeal } = source;
  const { tenant, generation, n } = manifest;
  let header: BatchHeader | null = null;
  let loader: StagingLoader | null = null;
  let targets = new Map<string, TargetTable>();
  for (const [part, expect] of manifest.parts.entries()) {
    const context: ObjectContext = { tenant, generation, n, part };
    const blocks = readPartBlocks({
      context,
      identity: identities,
      source: await source.openPart(expect),
      expect,
    });
    for await (const lines of blocks) {
      for (const line of lines) {
        if (loader === null) {
          header = assertHeader(expectHeader(line), manifest, state);
          targets = await findTargets(client, header.types);
          loader = new StagingLoader(client, targets, keySeal);
          continue;
        }
        const parsed = parseLine(line);
        if (parsed.kind === 'header') throw new FormatError('format.malformed', 'a second header line');
        await loader.add(parsed);
      }
    }
  }
  if (header === null || loader === null)
    throw new FormatError('format.malformed', 'the batch has no header line');
  await loader.flush();
  for (const staged of loader.types.values()) await loader.keepLastLines(staged);
  return { header, targets, staged: loader.types, keys: loader.keys };
}

function assertHeader(header: BatchHeader, manifest: Manifest, state: AppliedState | null): BatchHeader {
  if (header.policyVersion !== manifest.policy.version) {
    throw new FormatError('format.malformed', 'header and manifest name different policies');
  }
  const isSame = state === null || (header.digestKey === state.digestKey && sameSchema(header, state));
  if (!isSame)
    throw new ReplicaError(
      'replica.schema_changed',
      'digest key or columns changed without a new generation',
    );
  return header;
}

function sameSchema(header: BatchHeader, state: AppliedState): boolean {
  const spell = (types: BatchHeader['types']) =>
    types
      .map(({ type, columns }) =>
        [type, ...columns.map(({ name, type: columnType }) => `${name} ${columnType}`)].join('\n'),
      )
      .sort();
  return JSON.stringify(spell(header.types)) === JSON.stringify(spell(state.schema));
}

async function applyType(
  client: PoolClient,
  target: TargetTable,
  staged: StagedType | undefined,
  digestKey: string,
  kind: Manifest['kind'],
): Promise<{ removed: RowSum; added: RowSum }> {
  if (staged === undefined) return { removed: nothing, added: nothing };
  const upserted = `SELECT id FROM pg_temp.${staged.upserts.table}`;
  const deleted = `SELECT id FROM pg_temp.${staged.deletes.table}`;
  const sum = (ids: string | null) => sumRows(client, target, ids, digestKey);
  const removed = kind === 'delta' ? await sum(`${upserted} UNION ALL ${deleted}`) : nothing;
  if (staged.deletes.count > 0) await client.query(`DELETE FROM ${target.table} WHERE id IN (${deleted})`);
  if (staged.upserts.count > 0) await client.query(upsertSql(target, staged.upserts.table, kind));
  return { removed, added: await sum(kind === 'delta' ? upserted : null) };
}

/** Columns that the policy leaves out are in no INSERT, so they stay at their default, which is empty. */
function upsertSql({ table, columns }: TargetTable, staging: string, kind: Manifest['kind']): string {
  const list = columns.join(', ');
  const [, ...others] = columns;
  const values = others.map((column) => `${column} = excluded.${column}`).join(', ');
  const conflict =
    kind === 'snapshot'
      ? ''
      : `ON CONFLICT (id) DO ${others.length === 0 ? 'NOTHING' : `UPDATE SET ${values}`}`;
  // OFFSET 0 keeps the record in one piece: expanded in place, every column would parse the row anew.
  return `INSERT INTO ${table} (${list}) SELECT ${columns.map((column) => `(r.record).${column}`).join(', ')} FROM (
    SELECT json_populate_record(NULL::${table}, row::json) AS record FROM pg_temp.${staging} OFFSET 0) r ${conflict}`;
}

/** @param ids a query for the rows to add up; null for all */
async function sumRows(
  client: PoolClient,
  target: TargetTable,
  ids: string | null,
  digestKey: string,
): Promise<RowSum> {
  const { inner, outer } = hmacBlocks(Buffer.from(digestKey, 'hex'), target.type);
  const where = ids === null ? '' : ` WHERE ${escapeIdentifier('id')} IN (${ids})`;
  const rows = `SELECT ${target.columns.join(', ')} FROM ${target.table}${where}`;
  return toRowSum((await client.query<ChecksumRow>(checksumSql(rows, '$1', '$2'), [inner, outer])).rows[0]);
}

function assertState(
  claimed: TypeState,
  staged: StagedType | undefined,
  actual: { count: number; checksum: string },
): void {
  const hasLines =
    claimed.upserts === (staged?.upserts.count ?? 0) && claimed.deletes === (staged?.deletes.count ?? 0);
  if (hasLines && claimed.count === actual.count && claimed.checksum === actual.checksum) return;
  throw new ReplicaError(
    'replica.state_differs',
    `type ${claimed.type}: the stored rows are not the state that was signed`,
  );
}
