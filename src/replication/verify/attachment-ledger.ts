import type { BlobEntry } from '../format/index.js';

export interface CondemnedBlob {
  /** null where this generation never showed the object: nothing says what it should be */
  entry: BlobEntry | null;
  n: number;
  /** when the batch that condemned it was made */
  at: Date;
}

/** Which sealed attachments the rows of a generation refer to, as its manifests say. */
export class AttachmentLedger {
  readonly live = new Map<string, BlobEntry>();
  readonly condemned = new Map<string, CondemnedBlob>();

  apply(n: number, at: Date, added: readonly BlobEntry[], condemned: readonly string[]): void {
    for (const entry of added) {
      this.live.set(entry.name, entry);
      this.condemned.delete(entry.name);
    }
    for (const name of condemned) {
      this.condemned.set(name, { entry: this.live.get(name) ?? null, n, at });
      this.live.delete(name);
    }
  }
}
