import type { Readable } from 'node:stream';
import type { ByteRange } from '../../platform/file-store/index.js';

/** What an attachment's row says of where its content is: the first two on premises, the others on a replica. */
export interface ContentPlace {
  readonly blobId: string | null;
  /** plain length */
  readonly bytes: number;
  readonly objectName: string | null;
  readonly objectBytes: number | null;
  readonly objectSha256: string | null;
}

/** Where content comes from: the local store on premises, the bucket on a replica. */
export interface AttachmentContents {
  /** The plain bytes, all where no range is given; the stream fails rather than hand out a wrong one. */
  open(place: ContentPlace, range?: Required<ByteRange>): Promise<Readable>;
}

/** Nest token of AttachmentContents. */
export const ATTACHMENT_CONTENTS = Symbol('ATTACHMENT_CONTENTS');
