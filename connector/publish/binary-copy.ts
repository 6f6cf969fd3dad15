import { ConnectorError } from '../connector.errors.js';

/** PostgreSQL docs, COPY, "Binary Format": signature, flags, length of an extension that nobody uses. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER = Buffer.concat([SIGNATURE, Buffer.alloc(8)]);
const TRAILER = Buffer.from([0xff, 0xff]);

/**
 * Takes (uuid, text) tuples out of COPY … (FORMAT binary), in whatever pieces they arrive. The binary form is used
 * because the text form doubles every backslash of the JSON, and a row's exact bytes are what is digested. A tuple is
 * told by its place in `data`, not by buffers of its own: making those cost as much as sealing the row.
 */
export class RowCopyParser {
  /** holds the tuple that `next` found, until the next call of either method */
  data: Buffer = Buffer.alloc(0);
  /** where the 16 bytes of the id begin */
  idAt = 0;
  /** the row is what stands from here … */
  rowAt = 0;
  /** … to here */
  rowEnd = 0;
  private at = 0;
  private isStarted = false;
  private isDone = false;

  push(block: Buffer): void {
    const rest = this.data.length - this.at;
    this.data = rest === 0 ? block : Buffer.concat([this.data.subarray(this.at), block]);
    this.at = 0;
    if (this.isStarted || this.data.length < HEADER.length) return;
    if (!this.data.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw broken();
    this.at = HEADER.length;
    this.isStarted = true;
  }

  /** Whether another tuple is whole already. */
  next(): boolean {
    const { data, at } = this;
    if (!this.isStarted || this.isDone || data.length - at < 2) return false;
    const fields = data.readInt16BE(at);
    if (fields === -1) {
      this.isDone = true;
      this.at += 2;
      return false;
    }
    if (fields !== 2) throw broken();
    // 2 count + (4 + 16) id + 4 length of the row
    if (data.length - at < 26) return false;
    const rowLength = data.readInt32BE(at + 22);
    if (data.readInt32BE(at + 2) !== 16 || rowLength < 0) throw broken();
    if (data.length - at < 26 + rowLength) return false;
    this.idAt = at + 6;
    this.rowAt = at + 26;
    this.rowEnd = this.rowAt + rowLength;
    this.at = this.rowEnd;
    return true;
  }

  end(): void {
    if (!this.isDone || this.at < this.data.length) throw broken();
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

  /** @param idAt where the id's 16 bytes begin in `source`. Answers a full block when there is one. */
  add(source: Buffer, idAt: number, digest: Buffer): Buffer | null {
    const needed = this.prefix.length + 16 + 4 + 32;
    const full = this.filled + needed > BLOCK_BYTES ? this.take() : null;
    this.filled += this.prefix.copy(this.block, this.filled);
    this.filled += source.copy(this.block, this.filled, idAt, idAt + 16);
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
