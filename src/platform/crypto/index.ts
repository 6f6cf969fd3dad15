export { ChunkCipher, ChunkNotAuthentic, TAG_BYTES } from './chunk-cipher.js';
