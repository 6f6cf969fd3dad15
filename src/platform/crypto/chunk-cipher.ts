import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';

/** what a sealed chunk is longer than its plain bytes */
export const TAG_BYTES = 16;

/** A chunk was changed, cut off, moved or sealed under another key or header. Nothing of it was handed out. */
export class ChunkNotAuthentic extends Error {
  constructor(
    /** 0 for the first */
    readonly index: number,
    options?: ErrorOptions,
  ) {
    super(`chunk ${String(index)} is not authentic`, options);
    this.name = 'ChunkNotAuthentic';
  }
}

/**
 * AES-256-GCM over fixed chunks, after STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce is the chunk's
 * index and a last-chunk flag, so chunks cannot be dropped, repeated, reordered or cut off. A counter as nonce is safe
 * because every object has a data key of its own, with which nothing else is ever sealed. The header's hash is
 * additional data in every chunk.
 */
export class ChunkCipher {
  private readonly key: KeyObject;
  private index: number;

  /** @param firstIndex of the chunk that comes next; to read from the middle */
  constructor(
    dataKey: Buffer,
    private readonly headerHash: Buffer,
    firstIndex = 0,
  ) {
    // made once: from bytes Node makes one for every chunk, which costs as much as the cipher
    this.key = createSecretKey(dataKey);
    this.index = firstIndex;
  }

  seal(plain: Buffer, isLast: boolean): Buffer[] {
    const { nonce, additional } = this.next(isLast);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(additional);
    return [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  }

  /** @throws ChunkNotAuthentic */
  open(sealed: Buffer, isLast: boolean): Buffer {
    const { nonce, additional } = this.next(isLast);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(additional).setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch (error) {
      throw new ChunkNotAuthentic(this.index - 1, { cause: error });
    }
    return plain;
  }

  private next(isLast: boolean): { nonce: Buffer; additional: Buffer } {
    const place = Buffer.alloc(9);
    place.writeBigUInt64BE(BigInt(this.index));
    place.writeUInt8(isLast ? 1 : 0, 8);
    this.index += 1;
    return {
      nonce: Buffer.concat([Buffer.alloc(3), place]),
      additional: Buffer.concat([this.headerHash, place]),
    };
  }
}
