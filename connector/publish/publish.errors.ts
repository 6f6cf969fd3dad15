import { errorCodeOf } from '../../src/platform/logging/index.js';
import { ConnectorError } from '../connector.errors.js';
import type { SeenDeletes } from './delete-brake.js';

/** A standby's snapshot leaves out transactions that are in progress on its primary, and would lose them silently. */
export class StandbyRefused extends ConnectorError {
  constructor() {
    super('standby-refused', 'The database is a standby. Point the connector at the primary.');
  }
}

/** Another publisher has taken over. Whatever this one still had in hand must not be recorded or uploaded. */
export class LeaseLost extends ConnectorError {
  constructor(epoch: number) {
    super(
      'lease-lost',
      `The lease of epoch ${String(epoch)} is no longer held; another connector publishes.`,
    );
  }
}

/** Database and bucket do not share one history. Publishing stops until a person allows a new generation. */
export class ForkDetected extends ConnectorError {
  constructor(reason: string) {
    super(
      'fork-detected',
      `${reason} Publishing has stopped; a new generation has to be allowed by a person.`,
    );
  }
}

/** The policy in force is not the one that the generation in hand was begun under. */
export class PolicyChanged extends ConnectorError {
  constructor() {
    super('policy-changed', 'The policy has changed; a new generation begins.');
  }
}

/** While a snapshot was being made, a replica that it is sealed to lost its right to read. */
export class RecipientsMoved extends ConnectorError {
  constructor() {
    super('recipients-moved', 'Who may read has changed; a new generation begins.');
  }
}

/** Read again, the rows of a type are not those that were sent change by change. */
export class LedgerDiffers extends ConnectorError {
  constructor(type: string) {
    super(
      'ledger-differs',
      `The rows of ${type} are not what the cloud was told; a new generation begins from the rows.`,
    );
  }
}

/** The generation was begun on a bucket that lets one writer of a key win, and this one does not. */
export class ManifestKeysChanged extends ConnectorError {
  constructor() {
    super('manifest-keys-changed', 'The bucket ignores conditional writes now; a new generation begins.');
  }
}

/** A publisher that had been frozen put its batch after this one had taken it back. Not a fork: the nonce is ours. */
export class GenerationSpoiled extends ConnectorError {
  constructor() {
    super(
      'generation-spoiled',
      'A batch that was taken back has reached the bucket; a new generation begins.',
    );
  }
}

export class SpoolFull extends ConnectorError {
  constructor(bytes: number, maxBytes: number) {
    super(
      'spool-full',
      `The spool holds ${String(bytes)} of ${String(maxBytes)} bytes; the bucket has to take some first.`,
    );
  }
}

/** The bucket was looked at before anything was written to it, and must not be used as it is. */
export class BucketObjected extends ConnectorError {
  constructor(objections: readonly { code: string; message: string }[]) {
    super(objections[0]?.code ?? 'bucket-objected', objections.map(({ message }) => message).join(' '));
  }
}

/** Neither of the two ways in which one publisher's batch can win holds. */
export class BucketUnsafe extends ConnectorError {
  constructor() {
    super(
      'bucket-unsafe',
      'The bucket ignores conditional writes (If-None-Match), and its listings do not show at once what was written, so two publishers could not tell each other apart. Nothing is published to it. See docs/bucket.md.',
    );
  }
}

/** Not the bucket's, whose errors have names of their own: nothing else is written to a disk of this machine. */
export class SpoolDiskFull extends ConnectorError {
  constructor(cause: unknown) {
    super(
      'spool-disk-full',
      'The disk of the spool is full. Nothing was recorded; it goes on when there is room.',
      {
        cause,
      },
    );
  }
}

/** An error of the lane in words that help, where its own do not. */
export function explain(error: unknown): unknown {
  return ['ENOSPC', 'EDQUOT'].includes(errorCodeOf(error)) ? new SpoolDiskFull(error) : error;
}

/** The batch would delete more than the policy's brake lets pass. Not a failure: it waits for a person. */
export class DeletesHeld extends ConnectorError {
  constructor(
    readonly seen: SeenDeletes,
    readonly threshold: number,
    /** what was looked at, `xmin:xmax:xip` */
    readonly snapshot: string,
  ) {
    super('deletes-held', 'A batch would delete more rows than the brake lets pass; it waits for a person.');
  }
}
