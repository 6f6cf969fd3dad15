import { Readable } from 'node:stream';
import type pg from 'pg';

/** PostgreSQL docs, "Message Formats": a byte that tells the kind, then four that count themselves and what follows. */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
const COPY_DATA = 0x64; // d
/** what may stand between the rows and is none of them: CopyOutResponse, and what a server may say at any time */
const BESIDE = new Set([0x48, 0x4e, 0x53, 0x41]); // H, N, S, A
const COPY_DONE = 0x63; // c

type Listener = (data: Buffer) => void;
interface Socket {
  listeners(event: 'data'): Listener[];
  on(event: 'data', listener: Listener): void;
  off(event: 'data', listener: Listener): void;
  pause(): void;
  resume(): void;
}
interface Connection {
  stream: Socket;
  query(sql: string): void;
}

/**
 * The bytes of a COPY … TO STDOUT as a stream, for `client.query`. PostgreSQL sends a message for every row; a library
 * that makes a buffer of each spends more on that than on sealing the row. Here the rows of a network block are moved
 * together in that block, and the block is passed on.
 *
 * Until the rows end it stands where pg's own reader of the connection stands, and gives the connection back with the
 * first message that is not for it. Destroyed before, it reads to the end and keeps nothing.
 */
export class CopyOut extends Readable {
  private readonly head = Buffer.alloc(HEADER_BYTES);
  private headFill = 0;
  private isData = false;
  /** bytes of the present message that have not come yet */
  private left = 0;
  private socket: Socket | null = null;
  private listener: Listener | null = null;

  constructor(private readonly sql: string) {
    super({ highWaterMark: 256 * 1024 });
  }

  /** Called by pg when it is this query's turn. */
  submit(of: pg.Connection): void {
    const connection = of as unknown as Connection;
    const [listener, ...others] = connection.stream.listeners('data');
    if (listener === undefined || others.length > 0)
      throw new TypeError('the connection is read by another or by none');
    this.socket = connection.stream;
    this.listener = listener;
    this.socket.off('data', listener);
    this.socket.on('data', this.onBlock);
    connection.query(this.sql);
  }

  override _read(): void {
    this.socket?.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // what is left of the rows still has to be read past
    this.socket?.resume();
    callback(error);
  }

  /** Called by pg: of a message of the server, or when the connection breaks. */
  handleError(error: Error): void {
    this.giveBack();
    this.destroy(error);
  }

  handleCommandComplete(): void {
    // the rows have ended with CopyDone already
  }

  handleReadyForQuery(): void {
    // pg goes on with its next query
  }

  private readonly onBlock = (block: Buffer): void => {
    let at = 0;
    let kept = 0;
    while (at < block.length) {
      if (this.left > 0) {
        const end = Math.min(block.length, at + this.left);
        this.left -= end - at;
        if (this.isData) {
          if (kept < at) block.copyWithin(kept, at, end);
          kept += end - at;
        }
        at = end;
        continue;
      }
      at = this.readHead(block, at);
      if (this.headFill < HEADER_BYTES) break;
      const [kind = 0] = this.head;
      this.headFill = 0;
      if (kind !== COPY_DATA && !BESIDE.has(kind)) {
        this.pass(block, kept);
        this.finish(kind, block.subarray(at));
        return;
      }
      this.isData = kind === COPY_DATA;
      this.left = this.head.readUInt32BE(1) - LENGTH_BYTES;
    }
    this.pass(block, kept);
  };

  /** @returns where what follows begins; the header may go on in the next block */
  private readHead(block: Buffer, at: number): number {
    const copied = block.copy(this.head, this.headFill, at, at + HEADER_BYTES - this.headFill);
    this.headFill += copied;
    return at + copied;
  }

  private pass(block: Buffer, bytes: number): void {
    if (bytes > 0 && !this.destroyed && !this.push(block.subarray(0, bytes))) this.socket?.pause();
  }

  private finish(kind: number, rest: Buffer): void {
    const { listener } = this;
    this.giveBack();
    // an error message, for one, is pg's to read, head and all
    const message = kind === COPY_DONE ? rest : Buffer.concat([this.head, rest]);
    listener?.(message);
    if (kind === COPY_DONE) this.push(null);
  }

  private giveBack(): void {
    const { socket, listener } = this;
    this.socket = null;
    this.listener = null;
    if (socket === null || listener === null) return;
    socket.off('data', this.onBlock);
    socket.on('data', listener);
    socket.resume();
  }
}
