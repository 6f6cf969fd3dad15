import type { Bucket } from '../../../src/platform/bucket/index.js';
import {
  assertFollows,
  chainLink,
  expectHeader,
  manifestPlacePrefix,
  manifestPrefix,
  MultisetHash,
  parseLine,
  readPart,
  rowDigest,
  verifyManifest,
  type ChainLink,
  type Manifest,
  type TrustChain,
} from '../../../src/replication/format/index.js';

/**
 * The reader's side of the contract in memory: believes nothing that it has not checked, applies each batch whole,
 * and recomputes counts and checksums from the rows it holds.
 */
export class StrictReader {
  readonly types = new Map<string, Map<string, string>>();
  /** data keys of the files that rows show, by object */
  readonly fileKeys = new Map<string, Buffer>();
  /** every line of the last batch, for looking for what must not be there */
  lastLines: string[] = [];
  head: ChainLink | null = null;
  private digestKey: Buffer = Buffer.alloc(0);

  constructor(
    private readonly bucket: Bucket,
    private readonly trust: TrustChain,
    private readonly identities: string[],
  ) {}

  rows(type: string): Map<string, string> {
    const rows = this.types.get(type) ?? new Map<string, string>();
    this.types.set(type, rows);
    return rows;
  }

  /** Applies the next manifests until there is none; answers those applied. */
  async catchUp(
    onApplied: (manifest: Manifest) => void | Promise<void> = () => undefined,
  ): Promise<Manifest[]> {
    const applied: Manifest[] = [];
    for (;;) {
      const next = await this.next();
      if (next === null) return applied;
      const manifest = verifyManifest(next, this.trust, { tenant: this.trust.current.tenant });
      if (manifest.n > 1 && this.head !== null) assertFollows(manifest, this.head);
      await this.apply(manifest);
      this.head = chainLink(manifest, next);
      applied.push(manifest);
      await onApplied(manifest);
    }
  }

  private async next(): Promise<Buffer | null> {
    const generation = await this.newestGeneration();
    if (generation === null) return null;
    const isNew = generation !== this.head?.generation;
    const n = isNew ? 1 : (this.head?.n ?? 0) + 1;
    const standing: string[] = [];
    for await (const { key } of this.bucket.list(manifestPlacePrefix(generation, n))) standing.push(key);
    const highest = standing.at(-1);
    return highest === undefined ? null : this.bucket.get(highest);
  }

  private async newestGeneration(): Promise<number | null> {
    let newest: number | null = null;
    for await (const { key } of this.bucket.list(manifestPrefix())) newest = Number(key.split('/')[1]);
    return newest;
  }

  private async apply(manifest: Manifest): Promise<void> {
    if (manifest.kind === 'snapshot') this.types.clear();
    this.dropFileKeys(manifest);
    this.lastLines = [];
    for (const [part, expect] of manifest.parts.entries()) {
      const { tenant, generation, n } = manifest;
      const source = await this.bucket.stream(expect.name);
      let index = 0;
      for await (const line of readPart({
        context: { tenant, generation, n, part },
        identity: this.identities,
        source,
        expect,
      })) {
        if (part === 0 && index === 0) this.digestKey = Buffer.from(expectHeader(line).digestKey, 'hex');
        else this.applyLine(line);
        index += 1;
        this.lastLines.push(line.toString());
      }
    }
    for (const state of manifest.types) this.assertState(state);
  }

  private dropFileKeys({ kind, attachments }: Manifest): void {
    if (kind === 'snapshot') this.fileKeys.clear();
    for (const name of attachments.condemned) this.fileKeys.delete(name);
  }

  private applyLine(line: Buffer): void {
    const parsed = parseLine(line);
    if (parsed.kind === 'header') throw new Error('a second header');
    if (parsed.kind === 'key') this.fileKeys.set(parsed.name, parsed.key);
    else if (parsed.kind === 'delete') this.rows(parsed.type).delete(parsed.id);
    else {
      const text = parsed.row.toString();
      this.rows(parsed.type).set((JSON.parse(text) as { id: string }).id, text);
    }
  }

  private assertState({ type, count, checksum }: { type: string; count: number; checksum: string }): void {
    const hash = new MultisetHash();
    const rows = this.rows(type);
    for (const row of rows.values()) hash.add(rowDigest(this.digestKey, type, row));
    if (rows.size !== count)
      throw new Error(`${type}: ${String(rows.size)} rows, the manifest says ${String(count)}`);
    if (hash.toHex() !== checksum) throw new Error(`${type}: checksum differs`);
  }
}
