import { errorCodeOf, safeError, type Logger } from '../../src/platform/logging/index.js';
import { retryPauseMs } from '../../src/platform/pauses/index.js';
import { ConnectorError } from '../connector.errors.js';
import { ClaimLost, UploadPaused } from './attachments.errors.js';
import { uploadFailures, uploadSeconds } from './attachments.metrics.js';
import type { BlobClaim, FileGrant } from './blob-object.store.js';
import { BlobUpload, startsAnew, type UploadSettings } from './blob-upload.js';
import { PartBuffers } from './part-buffers.js';
import { UploadSlots } from './upload-slots.js';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 3_600_000;
const EXTEND_EVERY_MS = 20_000;

export interface AttachmentUploaderOptions extends UploadSettings {
  concurrency: number;
  log: Logger;
}

/** Brings granted files into the bucket one by one, and notes how each of them went. */
export class AttachmentUploader {
  private readonly slots: UploadSlots;
  private readonly buffers: PartBuffers;

  constructor(private readonly options: AttachmentUploaderOptions) {
    this.slots = new UploadSlots(options.concurrency);
    this.buffers = new PartBuffers(options.concurrency);
  }

  /** Fails only where the outcome could not be noted. A file that is not ours to send, or not due, is left alone. */
  async upload(blobId: string, signal: AbortSignal): Promise<void> {
    await this.slots.use(async () => {
      const { windows, isPaused } = this.options;
      if (signal.aborted || !windows.isOpen() || (await isPaused())) return;
      const claim = await this.options.store.claim(blobId);
      if (claim === null) return;
      const grant = await this.options.store.grant(blobId);
      if (grant !== null) await this.attempt(claim, grant, signal);
    });
  }

  private async attempt(claim: BlobClaim, grant: FileGrant, signal: AbortSignal): Promise<void> {
    const { log, store } = this.options;
    const stopping = new AbortController();
    const until = AbortSignal.any([signal, stopping.signal]);
    const upload = new BlobUpload(this.options, claim, grant, this.buffers, until);
    // A part may take longer than the claim lasts: it is kept up from beside.
    const keeping = setInterval(() => {
      store.extend(claim, upload.sentBytes).catch((error: unknown) => {
        if (error instanceof ClaimLost) stopping.abort(error);
      });
    }, EXTEND_EVERY_MS);
    const stop = uploadSeconds.startTimer();
    try {
      await upload.run();
      const seconds = stop({ outcome: 'ok' });
      log.info({ event: 'attachment.available', blobId: claim.blobId, bytes: grant.bytes, seconds });
    } catch (error) {
      stop({ outcome: error instanceof UploadPaused ? 'paused' : 'error' });
      await this.noteEnd(claim, error);
    } finally {
      clearInterval(keeping);
    }
  }

  private async noteEnd(claim: BlobClaim, error: unknown): Promise<void> {
    const { log, store } = this.options;
    if (error instanceof ClaimLost) return;
    try {
      if (error instanceof UploadPaused) {
        await store.release(claim);
        return;
      }
      const failure = describe(error);
      uploadFailures.inc({ code: failure.code });
      const { blobId, attempts } = claim;
      log.warn({ event: 'attachment.failed', blobId, code: failure.code, attempts, err: safeError(error) });
      if (startsAnew(error)) await this.dropUpload(claim);
      const pauseMs = retryPauseMs(attempts, FIRST_RETRY_MS, LONGEST_RETRY_MS);
      await store.markFailed(claim, failure, pauseMs, !startsAnew(error));
    } catch (failure) {
      if (!(failure instanceof ClaimLost)) throw failure;
    }
  }

  /** What has been sent under a key that is given up. Where this fails too, the sweep finds the upload. */
  private async dropUpload(claim: BlobClaim): Promise<void> {
    const { bucket, log, store } = this.options;
    const kept = await store.uploadOf(claim);
    if (kept === null) return;
    try {
      if (kept.uploadId !== null) await bucket.abortMultipart(kept.objectName, kept.uploadId);
      await bucket.remove([kept.objectName]);
    } catch (error) {
      log.warn({ event: 'attachment.not-dropped', blobId: claim.blobId, code: errorCodeOf(error) });
    }
  }
}

/** What a person may read: never a driver's own words. */
function describe(error: unknown): { code: string; message: string } {
  if (error instanceof ConnectorError) return { code: error.code, message: error.message };
  const code = errorCodeOf(error);
  const isOwn = error instanceof Error && /^(bucket|format)\./.test(code);
  return {
    code,
    message: isOwn ? error.message : 'A service that the upload needs did not answer as it must.',
  };
}
