export { FormatError, type FormatErrorCode } from './format.errors.js';
export { CHUNK_BYTES, FILE_KEYS_FEATURE, FIRST_N, LIMITS } from './limits.js';
export { bareBlobBytes, encodeBlobHeader, sealedBlobBytes, type BlobContext } from './blob-header.js';
export { decodeBlobList, encodeBlobList, type BlobList } from './blob-list.js';
export { planBlob, sealBlob, type BlobPlan } from './blob-writer.js';
export { openBlob, type OpenBlob, type PlainRange } from './blob-reader.js';
export {
  ackKey,
  auditCheckpointKey,
  auditCheckpointPrefix,
  ackPrefix,
  beatKey,
  blobKey,
  blobListKey,
  blobPrefix,
  manifestGenerationEnd,
  manifestKey,
  manifestPlacePrefix,
  manifestPrefix,
  parseAuditCheckpointKey,
  parseAckKey,
  parseManifestKey,
  parsePartKey,
  parseRootKey,
  partKey,
  partPrefix,
  receiptKey,
  receiptPrefix,
  rootKey,
  rootPrefix,
} from './object-keys.js';
export { comparePositions, formatPosition, parseFloor, type Position } from './position.js';
export { digestRowInto, hmacBlocks, rowDigest } from './row-digest.js';
export { MultisetHash } from './multiset-hash.js';
export {
  deleteLine,
  expectHeader,
  headerLine,
  keyLine,
  parseLine,
  upsertLine,
  type BatchHeader,
  type BatchLine,
  type TypeSchema,
} from './lines.js';
export type { ObjectContext } from './part-header.js';
export { writePart, type PartEntry, type PartWriter, type WritePartOptions } from './part-writer.js';
export { readPart, readPartBlocks, type ReadPartOptions } from './part-reader.js';
export { generateSigningKey, keyIdOf, signerFrom, verifySignature, type Signer } from './signing-key.js';
export { digestOf, TrustChain, type TrustRoot } from './trust-root.js';
export { readSealedHeader, type SealedHeader } from './sealed-header.js';
export {
  assertFollows,
  chainLink,
  createManifest,
  signManifest,
  verifyManifest,
  type BlobEntry,
  type ChainLink,
  type Manifest,
  type ManifestInput,
  type TypeState,
} from './manifest.js';
export { signReceipt, verifyReceipt, type Receipt, type ReceiptReplica } from './receipt.js';
export { signErasure, verifyErasure, type ErasureEntry } from './erasure-entry.js';
export { signBeat, verifyBeat, type Beat } from './beat.js';
export { signAck, verifyAck, verifyEnrolment, type Ack, type Enrolment } from './ack.js';
export { generateRecipient, recipientOf, unwrapKey, wrapKey } from './key-wrap.js';
export {
  ConnectorKeyStore,
  createTenantKeys,
  keyFolders,
  publishFileRecipient,
  ReplicaKeyStore,
  ServerKeyStore,
  type HeldSigner,
} from './key-store.js';
export { KeySeal } from './key-seal.js';
export { rowTextSettings } from './row-text.js';
export { RootKeyStore } from './root-key-store.js';
