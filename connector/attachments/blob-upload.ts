import { createHash, createHmac, randomBytes, type Hash } from 'node:crypto';
import { UploadNotFound, type Bucket } from '../../src/platform/bucket/index.js';
import { FileDamaged, FileMissing, type FileReader } from '../../src/platform/file-store/index.js';
import { release } from '../../src/platform/memory/index.js';
import {
  blobKey,
  FormatError,
  planBlob,
  sealBlob,
  sealedBlobBytes,
  unwrapKey,
  type BlobPlan,
  type KeySeal,
} from '../../src/replication/format/index.js';
import { ConnectorError } from '../connector.errors.js';
import { CannotResume, FileNotAsGranted, UploadPaused } from './attachments.errors.js';
import { uploadBytes } from './attachments.metrics.js';
import type { BandwidthCap } from './bandwidth-cap.js';
import type { BlobClaim, BlobObjectStore, FileGrant } from './blob-object.store.js';
import type { TimeWindows } from './time-windows.js';
import type { PartBuffers } from './part-buffers.js';
import { partBytesFor } from './part-sizes.js';
import { PartSender } from './upload-parts.js';

export const NAME_KEY_VERSION = 1;

export interface UploadSettings {
  store: BlobObjectStore;
  bucket: Bucket;
  files: FileReader;
  tenant: string;
  /** opens the grants */
  identity: string;
  nameKey: Buffer;
  /** keeps the data keys */
  keySeal: KeySeal;
  cap: BandwidthCap;
  windows: TimeWindows;
  /** whether people hold the connector; rows and files wait alike */
  isPaused: () => Promise<boolean>;
}

/**
 * One file on its way: read from the local store, sealed anew, sent. The object becomes readable only after the whole
 * file has turned out to be the one that was granted; until then a row says that it is pending. To whom its key goes is
 * decided when a batch shows it, so it does not matter here who the replicas are.
 */
export class BlobUpload {
  private sent = 0;

  constructor(
    private readonly settings: UploadSettings,
    private readonly claim: BlobClaim,
    private readonly grant: FileGrant,
    private readonly buffers: PartBuffers,
    private readonly signal: AbortSignal,
  ) {}

  get sentBytes(): number {
    return this.sent;
  }

  /** @throws FileNotAsGranted, CannotResume, UploadPaused, ClaimLost, and the bucket's own errors */
  async run(): Promise<void> {
    const fileKey = await this.openGrant();
    const { plan, name, isResumed } = await this.plan(fileKey);
    const { header, plainBytes } = plan;
    const objectBytes = sealedBlobBytes(header.length, plainBytes);
    const partBytes = partBytesFor(objectBytes);
    const sha256 =
      objectBytes <= partBytes
        ? await this.putWhole(name, plan, fileKey)
        : await this.putParts(name, plan, fileKey, partBytes, isResumed);
    const there = await this.settings.bucket.head(name);
    if (there?.size !== objectBytes)
      throw new ConnectorError('object-incomplete', 'The bucket does not hold the whole object.');
    await this.settings.store.markAvailable(this.claim, { bytes: objectBytes, sha256 });
  }

  private async openGrant(): Promise<Buffer> {
    const wrapped = Buffer.from(this.grant.wrappedKey, 'base64');
    try {
      return await unwrapKey(wrapped, [this.settings.identity]);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FileNotAsGranted('grant-not-for-us', 'The grant was made for another key.', { cause: error });
    }
  }

  private async plan(fileKey: Buffer): Promise<{ plan: BlobPlan; name: string; isResumed: boolean }> {
    const { keySeal, nameKey, store, tenant } = this.settings;
    const kept = this.claim.plan;
    if (kept !== null) {
      if (kept.sealedDataKey === null) throw new CannotResume();
      const dataKey = keySeal.open(kept.objectName, kept.sealedDataKey);
      const plan = { dataKey, header: kept.header, plainBytes: this.grant.bytes };
      // Before a byte is sealed under a key that was in use already, the file must prove to be the same.
      for await (const _ of this.read(fileKey)) this.assertGoingOn();
      return { plan, name: kept.objectName, isResumed: true };
    }
    const hmac = createHmac('sha256', nameKey).update(this.grant.sha256).digest('hex');
    const name = blobKey(NAME_KEY_VERSION, hmac, randomBytes(16).toString('hex'));
    const plan = planBlob({ tenant, name }, this.grant.bytes);
    await store.keepPlan(this.claim, {
      objectName: name,
      header: plan.header,
      sealedDataKey: keySeal.seal(name, plan.dataKey),
    });
    return { plan, name, isResumed: false };
  }

  /** A small file in one request. */
  private async putWhole(name: string, plan: BlobPlan, fileKey: Buffer): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of sealBlob(plan, this.read(fileKey))) pieces.push(piece);
    const body = Buffer.concat(pieces);
    await this.beforeSend(body.length);
    await this.settings.bucket.put(name, body);
    await this.onArrived(body.length);
    return createHash('sha256').update(body).digest('hex');
  }

  private async putParts(
    name: string,
    plan: BlobPlan,
    fileKey: Buffer,
    partBytes: number,
    isResumed: boolean,
  ): Promise<string> {
    const { bucket } = this.settings;
    const upload = await this.openUpload(
      name,
      isResumed,
      sealedBlobBytes(plan.header.length, plan.plainBytes),
    );
    const hash = createHash('sha256');
    if (upload === null) {
      for await (const piece of sealBlob(plan, this.read(fileKey))) hash.update(piece);
      return hash.digest('hex');
    }
    const { uploadId, arrived } = upload;
    const sender = new PartSender({
      ...{ bucket, key: name, uploadId, partBytes, arrived, buffers: this.buffers },
      beforeSend: (bytes) => this.beforeSend(bytes),
      onArrived: (bytes) => this.onArrived(bytes),
    });
    try {
      for await (const piece of sealBlob(plan, this.read(fileKey))) {
        hash.update(piece);
        await sender.write(piece);
        if (piece !== plan.header) release(piece);
      }
      await this.complete(name, uploadId, await sender.finish());
    } finally {
      await sender.settle();
    }
    return hash.digest('hex');
  }

  /**
   * The upload of an earlier attempt with what has arrived of it, or a new one; null where an earlier attempt had
   * completed its upload and did not live to note it.
   */
  private async openUpload(name: string, isResumed: boolean, objectBytes: number) {
    const { bucket, store } = this.settings;
    const known = isResumed ? this.claim.uploadId : null;
    const arrived = known === null ? null : await bucket.listParts(name, known);
    if (known !== null && arrived !== null) return { uploadId: known, arrived };
    if (known !== null && (await bucket.head(name))?.size === objectBytes) return null;
    const uploadId = await bucket.createMultipart(name);
    await store.keepUpload(this.claim, uploadId);
    return { uploadId, arrived: [] };
  }

  private async complete(name: string, uploadId: string, parts: Parameters<Bucket['completeMultipart']>[2]) {
    this.assertGoingOn();
    try {
      await this.settings.bucket.completeMultipart(name, uploadId, parts);
    } catch (error) {
      // Its answer may have been lost, then the upload is gone and the object there; the caller looks at its length.
      if (!(error instanceof UploadNotFound)) throw error;
    }
  }

  /** The plain bytes, hashed on their way. @throws FileNotAsGranted before the last ones could be sealed for good */
  private async *read(fileKey: Buffer): AsyncIterable<Buffer> {
    const { storeName, bytes } = this.grant;
    const hash = createHash('sha256');
    try {
      for await (const block of await this.settings.files.open({ storeName, bytes }, fileKey)) {
        hash.update(block as Buffer);
        yield block as Buffer;
      }
    } catch (error) {
      throw asFileError(error);
    }
    this.assertGranted(hash);
  }

  private assertGranted(hash: Hash): void {
    if (hash.digest().equals(this.grant.sha256)) return;
    throw new FileNotAsGranted('file-changed', 'The file is no longer the one that was selected.');
  }

  private async beforeSend(bytes: number): Promise<void> {
    this.assertGoingOn();
    try {
      await this.settings.cap.take(bytes, this.signal);
    } finally {
      // also where the wait was broken off: that is a pause, and no failure of the file
      this.assertGoingOn();
    }
    if (await this.settings.isPaused()) throw new UploadPaused();
    uploadBytes.inc(bytes);
  }

  private async onArrived(bytes: number): Promise<void> {
    this.sent += bytes;
    await this.settings.store.extend(this.claim, this.sent);
  }

  private assertGoingOn(): void {
    if (this.signal.aborted || !this.settings.windows.isOpen()) throw new UploadPaused();
  }
}

function asFileError(error: unknown): unknown {
  if (error instanceof FileMissing)
    return new FileNotAsGranted('file-missing', 'The file is missing from the local store.', {
      cause: error,
    });
  if (error instanceof FileDamaged)
    return new FileNotAsGranted('file-changed', 'The file in the local store is damaged.', { cause: error });
  return error;
}

/** Whether the next attempt needs a fresh key and name. */
export function startsAnew(error: unknown): boolean {
  return [FileNotAsGranted, CannotResume, FormatError].some((kind) => error instanceof kind);
}
