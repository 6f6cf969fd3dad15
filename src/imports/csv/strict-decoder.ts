import { TextDecoder } from 'node:util';
import { Transform, type TransformCallback } from 'node:stream';
import { FileStructureError } from './structure.errors.js';

export const encodings = ['utf-8', 'windows-1252', 'iso-8859-15', 'utf-16le'] as const;
export type Encoding = (typeof encodings)[number];

/** Longest physical line in bytes; a CSV with longer ones is no CSV, or an attack on the memory. */
export const maxLineBytes = 1_048_576;

const lineFeed = 0x0a;

/**
 * Decodes bytes to text and stops at the first byte that is not valid in the encoding, at a NUL and at an overlong
 * line, naming the line: a decoder that replaces bad bytes would import U+FFFD into somebody's name.
 */
export class StrictDecoder extends Transform {
  private decoder: TextDecoder;
  private wide: boolean;
  private isBegun = false;
  private line = 1;
  private bytesInLine = 0;

  constructor(private encoding: Encoding) {
    super({ readableObjectMode: false, decodeStrings: true });
    this.wide = encoding === 'utf-16le';
    this.decoder = new TextDecoder(encoding, { fatal: true });
    this.setEncoding('utf8');
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.begin(chunk);
      if (this.wide) this.push(this.checked(this.decode(chunk, true)));
      else for (const piece of this.lines(chunk)) this.push(this.decode(piece, true));
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.push(this.decode(Buffer.alloc(0), false));
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  /** A UTF-8 mark at the beginning says more than the mapping: spreadsheets and our error files write one. */
  private begin(chunk: Buffer): void {
    if (this.isBegun) return;
    this.isBegun = true;
    if (chunk[0] !== 0xef || chunk[1] !== 0xbb || chunk[2] !== 0xbf) return;
    this.encoding = 'utf-8';
    this.wide = false;
    this.decoder = new TextDecoder('utf-8', { fatal: true });
  }

  /** As `lines` does, for an encoding whose bytes do not show where a line ends. */
  private checked(text: string): string {
    for (const character of text) {
      if (character === '\0') this.fail('the line holds a NUL; is this a text file?');
      this.bytesInLine += 2;
      if (this.bytesInLine > maxLineBytes) this.fail(`the line is longer than ${maxLineBytes} bytes`);
      if (character !== '\n') continue;
      this.line += 1;
      this.bytesInLine = 0;
    }
    return text;
  }

  /** Splits at line ends, so that an error can name its line, and counts how long each line is. */
  private *lines(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    while (start < chunk.length) {
      const found = chunk.indexOf(lineFeed, start);
      const end = found === -1 ? chunk.length : found + 1;
      this.bytesInLine += end - start;
      if (this.bytesInLine > maxLineBytes) this.fail(`the line is longer than ${maxLineBytes} bytes`);
      const piece = chunk.subarray(start, end);
      if (piece.includes(0)) this.fail('the line holds a NUL byte; is this a text file?');
      yield piece;
      if (found !== -1) {
        this.line += 1;
        this.bytesInLine = 0;
      }
      start = end;
    }
  }

  private decode(piece: Buffer, stream: boolean): string {
    try {
      return this.decoder.decode(piece, { stream });
    } catch {
      return this.fail(
        `the line is not valid ${this.encoding}; name the file's encoding under format.encoding (${encodings.join(', ')})`,
      );
    }
  }

  private fail(message: string): never {
    throw new FileStructureError([{ line: this.line, message }]);
  }
}
