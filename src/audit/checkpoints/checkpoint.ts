// Checkpoints after C2SP (c2sp.org/tlog-checkpoint), with the time as an extension line.
import { openNote, signNote, type CheckSignature, type NoteSigner } from './signed-note.js';

/** What the tree of the audit was at a time. */
export interface Checkpoint {
  /** entries in it */
  readonly size: number;
  readonly root: Buffer;
  readonly at: Date;
}

/** Names the log that a checkpoint is of, in its first line and in its signature. */
export const auditOrigin = (tenant: string): string => `holdfast-audit/${tenant}`;

export function signCheckpoint({ size, root, at }: Checkpoint, origin: string, signer: NoteSigner): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\ntime ${at.toISOString()}\n`;
  return signNote(text, origin, signer);
}

/** Null where it is no checkpoint of this log that one of these keys signed. */
export function openCheckpoint(
  note: string,
  trust: { origin: string; publicKeys: readonly string[]; check: CheckSignature },
): Checkpoint | null {
  const text = openNote(note, trust.origin, trust.publicKeys, trust.check);
  const [origin, size, root, time, ...rest] = text?.split('\n') ?? [];
  if (origin !== trust.origin || size === undefined || root === undefined || rest.length !== 1) return null;
  const bytes = Buffer.from(root, 'base64');
  const [, at] = /^time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/.exec(time ?? '') ?? [];
  if (!/^[1-9]\d{0,15}$/.test(size) || bytes.length !== 32 || bytes.toString('base64') !== root || !at)
    return null;
  return { size: Number(size), root: bytes, at: new Date(at) };
}
