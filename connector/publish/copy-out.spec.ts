// The protocol's bytes in every cut; what a real server does is in test/integration/connector/copy-out.spec.ts.
import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { CopyOut } from './copy-out.js';

class Wire extends EventEmitter {
  isPaused = false;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

function message(kind: string, content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function begin(): { wire: Wire; copy: CopyOut; handedOn: Buffer[] } {
  const wire = new Wire();
  const handedOn: Buffer[] = [];
  wire.on('data', (data: Buffer) => handedOn.push(data));
  const copy = new CopyOut('COPY t TO STDOUT');
  copy.submit({ stream: wire, query: () => undefined } as unknown as pg.Connection);
  return { wire, copy, handedOn };
}

const rows = ['first', '', 'x'.repeat(300), 'last'];
const after = Buffer.concat([message('C', 'COPY 4\0'), message('Z', 'I')]);
const whole = Buffer.concat([
  message('H', Buffer.alloc(7)),
  message('d', rows[0] ?? ''),
  message('N', 'a notice among the rows'),
  ...rows.slice(1).map((row) => message('d', row)),
  message('c', ''),
  after,
]);

async function readAll(copy: CopyOut): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of copy) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

describe('the rows of a COPY', () => {
  it('are the same wherever the wire cuts them, and what follows is handed on', async () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const { wire, copy, handedOn } = begin();
      const reading = readAll(copy);
      for (const block of [whole.subarray(0, cut), whole.subarray(cut)])
        wire.emit('data', Buffer.from(block));
      expect([cut, await reading]).toEqual([cut, rows.join('')]);
      expect([cut, Buffer.concat(handedOn).equals(after)]).toEqual([cut, true]);
    }
  });

  it('come byte by byte', async () => {
    const { wire, copy, handedOn } = begin();
    const reading = readAll(copy);
    for (const byte of whole) wire.emit('data', Buffer.from([byte]));
    expect(await reading).toBe(rows.join(''));
    expect(Buffer.concat(handedOn).equals(after)).toBe(true);
  });

  it('end in an error that is handed on whole, its head too', () => {
    const error = message('E', 'SERROR\0C22012\0\0');
    const block = Buffer.concat([
      message('H', Buffer.alloc(7)),
      message('d', 'row'),
      error,
      message('Z', 'I'),
    ]);
    for (let cut = 0; cut <= block.length; cut += 1) {
      const { wire, copy, handedOn } = begin();
      copy.on('error', () => undefined);
      for (const part of [block.subarray(0, cut), block.subarray(cut)]) wire.emit('data', Buffer.from(part));
      const expected = Buffer.concat([error, message('Z', 'I')]);
      expect([cut, Buffer.concat(handedOn).equals(expected)]).toEqual([cut, true]);
    }
  });

  it('hold the wire while nobody takes them, and let it go when somebody does', async () => {
    const { wire, copy } = begin();
    wire.emit('data', message('H', Buffer.alloc(7)));
    for (let i = 0; i < 8; i += 1) wire.emit('data', message('d', Buffer.alloc(64 * 1024, 0x61)));
    expect(wire.isPaused).toBe(true);
    const reading = readAll(copy);
    wire.emit('data', Buffer.concat([message('c', ''), after]));
    expect(await reading).toHaveLength(8 * 64 * 1024);
    expect(wire.isPaused).toBe(false);
  });
});
