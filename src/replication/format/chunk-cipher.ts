import { ChunkCipher as PlatformChunkCipher, ChunkNotAuthentic } from '../../platform/crypto/index.js';
import { FormatError } from './format.errors.js';

/** The platform's chunk cipher; what is not authentic is an error of the format. */
export class ChunkCipher extends PlatformChunkCipher {
  override open(sealed: Buffer, isLast: boolean): Buffer {
    try {
      return super.open(sealed, isLast);
    } catch (error) {
      if (!(error instanceof ChunkNotAuthentic)) throw error;
      throw new FormatError('format.not_authentic', `part: ${error.message}`, { cause: error });
    }
  }
}
