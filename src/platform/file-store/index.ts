export { FileKeys } from './file-keys.js';
export { FileDamaged, FileKeyRefused, FileMissing } from './file-store.errors.js';
export type {
  ByteRange,
  FileReader,
  FileStore,
  IncomingFile,
  StoredFile,
  WrappedDataKey,
} from './file-store.port.js';
export { LocalFileReader } from './local-file-reader.js';
export { LocalFileStore } from './local-file-store.js';
