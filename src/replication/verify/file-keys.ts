import {
  bareBlobBytes,
  FILE_KEYS_FEATURE,
  FormatError,
  type BlobEntry,
  type Manifest,
} from '../format/index.js';

/** The data keys of a generation's files, as the lines of its batches bring them. */
export class FileKeys {
  private readonly live = new Map<string, Buffer>();
  /** of the batch in hand */
  private fresh = new Map<string, Buffer>();

  begin(): void {
    this.fresh = new Map();
  }

  /** @throws FormatError */
  put(name: string, key: Buffer, { features }: Manifest): void {
    if (!features.includes(FILE_KEYS_FEATURE))
      throw new FormatError('format.malformed', 'the key of a file in a batch that does not announce keys');
    if (this.fresh.has(name)) throw new FormatError('format.malformed', 'two keys of one file in a batch');
    this.fresh.set(name, key);
  }

  /** null: it is in the header of the object, or was never said */
  of(name: string): Buffer | null {
    return this.live.get(name) ?? null;
  }

  /**
   * Takes the batch's keys over once its last line was read.
   * @param plainBytesOf length of the file that the rows show under a name
   * @returns what is wrong with them: each added object that has no room for a key in its header needs one line, and
   * nothing else has one
   */
  apply(
    { tenant }: Manifest,
    { added, condemned }: { added: readonly BlobEntry[]; condemned: readonly string[] },
    plainBytesOf: (name: string) => number | null,
  ): string[] {
    const needing = added.filter(({ name, bytes }) => {
      const plainBytes = plainBytesOf(name);
      return plainBytes !== null && bareBlobBytes({ tenant, name }, plainBytes) === bytes;
    });
    const missing = needing.filter(({ name }) => !this.fresh.has(name)).length;
    const surplus = this.fresh.size - (needing.length - missing);
    for (const name of condemned) this.live.delete(name);
    for (const [name, key] of this.fresh) this.live.set(name, key);
    return [
      ...(missing > 0 ? [`the keys of ${String(missing)} files that it adds are not among its lines`] : []),
      ...(surplus > 0 ? [`it has the keys of ${String(surplus)} files that it does not add`] : []),
    ];
  }
}
