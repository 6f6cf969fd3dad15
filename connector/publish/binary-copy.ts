import { ConnectorError } from '../connector.errors.js';

/** PostgreSQL docs, COPY, "Binary Format": signature, flags, length of an extension that nobody uses. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER = Buffer.concat([SIGNATURE, Buffer.alloc(8)]);
const TRAILER = Buffer.from([0xff, 0xff]);

/**
 * Takes (uuid, text) tuples out of COPY … (FORMAT binary), in whatever pieces they arrive. The binary form is used
 * because the text form doubles every backslash of the JSON, and a row's exact bytes are what is digested.
 */
export class RowCopyParser {
  private rest: Buffer = Buffer.alloc(0);
  private isStarted = false;
  private isDone = false;

  /** The whole tuples so far; views into `block`, valid until the next call. */
  *push(block: Buffer): Generator<{ id: Buffer; row: Buffer }> {
    const data = this.rest.length === 0 ? block : Buffer.concat([this.rest, block]);
    let at = 0;
    if (!this.isStarted) {
      if (data.length < HEADER.length) {
        this.rest = data;
        return;
      }
      if (!data.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw broken();
      at = HEADER.length;
      this.isStarted = true;
    }
    while (!this.isDone && data.length - at >= 2) {
      const fields = data.readInt16BE(at);
      if (fields === -1) {
        this.isDone = true;
        at += 2;
        break;
      }
      if (fields !== 2) throw broken();
      // 2 count + (4 + 16) id + 4 length of the row
      if (data.length - at < 26) break;
      const rowLength = data.readInt32BE(at + 22);
      if (data.readInt32BE(at + 2) !== 16 || rowLength < 0) throw broken();
      if (data.length - at < 26 + rowLength) break;
      yield { id: data.subarray(at + 6, at + 22), row: data.subarray(at + 26, at + 26 + rowLength) };
      at += 26 + rowLength;
    }
    this.rest = data.subarray(at);
  }

  end(): void {
    if (!this.isDone || this.rest.length > 0) throw broken();
  }
}

function broken(): ConnectorError {
  return new ConnectorError(
    'database-unexpected',
    'The database sent a COPY that is not one of (uuid, text).',
  );
}

const BLOCK_BYTES = 256 * 1024;

/** Makes COPY replication.ledger (type, id, digest) FROM STDIN (FORMAT binary). */
export class LedgerCopyBuilder {
  private readonly prefix: Buffer;
  private block = Buffer.allocUnsafe(BLOCK_BYTES);
  private filled = HEADER.copy(this.block);

  constructor(type: string) {
    const name = Buffer.from(type, 'utf8');
    this.prefix = Buffer.alloc(2 + 4 + name.length + 4);
    this.prefix.writeInt16BE(3, 0);
    this.prefix.writeInt32BE(name.length, 2);
    name.copy(this.prefix, 6);
    this.prefix.writeInt32BE(16, 6 + name.length);
  }

  /** Answers a full block when there is one. */
  add(id: Buffer, digest: Buffer): Buffer | null {
    const needed = this.prefix.length + 16 + 4 + 32;
    const full = this.filled + needed > BLOCK_BYTES ? this.take() : null;
    this.filled += this.prefix.copy(this.block, this.filled);
    this.filled += id.copy(this.block, this.filled);
    this.filled = this.block.writeInt32BE(32, this.filled);
    this.filled += digest.copy(this.block, this.filled);
    return full;
  }

  end(): Buffer {
    return Buffer.concat([this.take(), TRAILER]);
  }

  private take(): Buffer {
    const taken = this.block.subarray(0, this.filled);
    this.block = Buffer.allocUnsafe(BLOCK_BYTES);
    this.filled = 0;
    return taken;
  }
}

/** The 16 bytes of a uuid as PostgreSQL prints them. */
export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
