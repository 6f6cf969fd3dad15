const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** Zero-padded, so that a listing's byte order is the order of numbers. */
export function manifestPrefix(generation?: number): string {
  return generation === undefined ? 'm/' : `m/${padded(generation, 8)}/`;
}

/**
 * @param fence the lease epoch, only on a bucket that ignores conditional writes: there each epoch has a key of its
 * own and the highest signed epoch wins
 */
export function manifestKey(generation: number, n: number, fence?: number): string {
  const suffix = fence === undefined ? '' : `-e${padded(fence, 10)}`;
  return `${manifestPrefix(generation)}${padded(n, 10)}${suffix}.json`;
}

/** Begins every key that a manifest of this place may have, whatever its form. */
export function manifestPlacePrefix(generation: number, n: number): string {
  return `${manifestPrefix(generation)}${padded(n, 10)}`;
}

/** After every key of this generation's manifests and before those of the next one's. */
export function manifestGenerationEnd(generation: number): string {
  return `${manifestPrefix(generation).slice(0, -1)}0`;
}

/** What a manifest's key says; null for any other key. `epoch` is null in the plain form. */
export function parseManifestKey(
  key: string,
): { generation: number; n: number; epoch: number | null } | null {
  const [, generation, n, epoch] = /^m\/(\d{8})\/(\d{10})(?:-e(\d{10}))?\.json$/.exec(key) ?? [];
  if (generation === undefined || n === undefined) return null;
  return { generation: Number(generation), n: Number(n), epoch: epoch === undefined ? null : Number(epoch) };
}

export function partPrefix(generation?: number): string {
  return generation === undefined ? 'd/' : `d/${padded(generation, 8)}/`;
}

/** @param fence the lease epoch, so that a publisher that was frozen cannot write over its successor's parts */
export function partKey(generation: number, n: number, part: number, fence?: number): string {
  const suffix = fence === undefined ? '' : `-e${padded(fence, 10)}`;
  return `${partPrefix(generation)}${padded(n, 10)}-${padded(part, 5)}${suffix}`;
}

/** What the key of a part or of a list of attachments says; null for any other key. `part` is null for a list. */
export function parsePartKey(key: string): { generation: number; n: number; part: number | null } | null {
  const [, generation, n, part] =
    /^d\/(\d{8})\/(\d{10})-(?:(\d{5})(?:-e\d{10})?|files-e\d{10})$/.exec(key) ?? [];
  if (generation === undefined || n === undefined) return null;
  return { generation: Number(generation), n: Number(n), part: part === undefined ? null : Number(part) };
}

export const rootPrefix = 'root/';

export function rootKey(version: number): string {
  return `root/${padded(version, 8)}.json`;
}

/** Version that a root's key says; null for any other key. */
export function parseRootKey(key: string): number | null {
  const [, version] = /^root\/(\d{8})\.json$/.exec(key) ?? [];
  return version === undefined ? null : Number(version);
}

export const beatKey = 'beat.json';
export const ackPrefix = 'acks/';

export function ackKey(replica: string): string {
  return `${ackPrefix}${replica}.json`;
}

/** Replica that an ack's key says; null for any other key. */
export function parseAckKey(key: string): string | null {
  return /^acks\/([a-z0-9][a-z0-9-]{0,62})\.json$/.exec(key)?.[1] ?? null;
}

export const receiptPrefix = 'receipts/';

/** @param generation the one that was made without what had to go */
export function receiptKey(generation: number): string {
  return `${receiptPrefix}${padded(generation, 8)}.json`;
}

/** Sealed attachments; under it a folder per version of the key that names them. */
export const blobPrefix = 'b/';

/**
 * @param name HMAC of the file's SHA-256, hex: tells nobody which file it is
 * @param nonce hex, fresh for each upload, so that what is on its way out is never taken for what comes in
 */
export function blobKey(keyVersion: number, name: string, nonce: string): string {
  return `${blobPrefix}${String(keyVersion)}/${name}-${nonce}`;
}

/** A plain list of attachments, see section 5 of the format. */
export function blobListKey(generation: number, n: number, fence: number): string {
  return `${partPrefix(generation)}${padded(n, 10)}-files-e${padded(fence, 10)}`;
}

/** Signed checkpoints of the audit on premises, named by how many entries they are of. */
export const auditCheckpointPrefix = 'audit/';

export function auditCheckpointKey(size: number): string {
  return `${auditCheckpointPrefix}${padded(size, 20)}`;
}

/** How many entries the checkpoint of this key is of; null for any other key. */
export function parseAuditCheckpointKey(key: string): number | null {
  const [, digits] = /^audit\/(\d{20})$/.exec(key) ?? [];
  const size = Number(digits);
  return Number.isSafeInteger(size) && size > 0 ? size : null;
}
