// Opens a file that the premises put into the bucket. The row says which object it is and with which digest; the row is
// part of a state that was verified as a whole, so the bucket cannot slip another file under it.
import { Readable } from 'node:stream';
import { ObjectNotFound, RangeOutside, type Bucket } from '../../platform/bucket/index.js';
import { Conflict, DomainError } from '../../platform/errors/index.js';
import { timedExternalCall } from '../../platform/metrics/index.js';
import { FormatError, openBlob, type OpenBlob, type PlainRange } from '../format/index.js';

/** What an attachment's row on a replica says of its file. */
export interface SealedAttachment {
  /** plain length */
  bytes: number;
  /** null while the file is on its way */
  objectName: string | null;
  objectBytes: number | null;
  objectSha256: string | null;
}

/** 409: the row is here, its file is not yet. */
export class AttachmentPending extends Conflict {
  constructor() {
    super('attachment_pending', { detail: 'The file is still on its way from the premises.' });
  }
}

/** 502: what lies in the bucket is not the file that the premises signed, or not there. Nothing of it is shown. */
export class AttachmentRefused extends DomainError {
  constructor(cause: unknown) {
    const detail = 'The bucket does not hold the file that the premises published.';
    super('attachment_refused', 502, 'error', { detail, cause });
  }
}

export interface OpenerSettings {
  bucket: Bucket;
  tenant: string;
  /** `AGE-SECRET-KEY-1…` of this replica */
  identities: () => Promise<readonly string[]>;
  /** data key of an object as a batch brought it; null where none did */
  fileKey: (name: string) => Promise<Buffer | null>;
}

const TIMEOUT_MS = 30_000;

export class AttachmentOpener {
  constructor(private readonly settings: OpenerSettings) {}

  /**
   * The plain bytes, all or a range, each chunk authenticated before it is handed out. A whole file is also compared
   * with the digest in the row before its last bytes are; the stream fails with {@link AttachmentRefused} otherwise.
   * @throws AttachmentPending, AttachmentRefused, BucketUnavailable
   */
  async open(row: SealedAttachment, range?: PlainRange): Promise<Readable> {
    const blob = await refusing(() => this.header(row));
    return Readable.from(refusingWhile(blob.read(range)), { objectMode: false, highWaterMark: 256 * 1024 });
  }

  private async header(row: SealedAttachment): Promise<OpenBlob> {
    const { objectName: name, objectBytes: bytes, objectSha256: sha256 } = row;
    if (name === null || bytes === null || sha256 === null) throw new AttachmentPending();
    const { bucket, tenant, identities, fileKey } = this.settings;
    const blob = await openBlob({
      context: { tenant, name },
      dataKey: await fileKey(name),
      identities: await identities(),
      expect: { bytes, sha256 },
      fetch: (part) =>
        timedExternalCall('bucket.stream', () => bucket.stream(name, part), { timeoutMs: TIMEOUT_MS }),
    });
    if (blob.plainBytes !== row.bytes)
      throw new FormatError('format.out_of_place', 'blob: has another length than its row says');
    return blob;
  }
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asRefusal(error);
  }
}

async function* refusingWhile(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  try {
    yield* source;
  } catch (error) {
    throw asRefusal(error);
  }
}

function asRefusal(error: unknown): unknown {
  const isWrong =
    error instanceof FormatError || error instanceof ObjectNotFound || error instanceof RangeOutside;
  return isWrong ? new AttachmentRefused(error) : error;
}
