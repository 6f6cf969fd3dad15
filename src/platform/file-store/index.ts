export type {
  ByteRange,
  FileReader,
  FileStore,
  IncomingFile,
  StoredFile,
  WrappedDataKey,
} from './file-store.port.js';
