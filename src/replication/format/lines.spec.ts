import { describe, expect, it } from '@jest/globals';
import {
  deleteLine,
  expectHeader,
  headerLine,
  keyLine,
  parseLine,
  upsertLine,
  type BatchHeader,
} from './lines.js';

const id = '0199a1b2-0000-7000-8000-000000000001';
const parse = (text: string) => parseLine(Buffer.from(text, 'utf8'));

describe('batch lines', () => {
  it('give back the row text byte for byte', () => {
    const row = '{"id":"x","name":"a\\",{\\"b]","n":1.50, "odd" :null}';
    const parsed = parse(upsertLine('deal', row));
    expect(parsed).toMatchObject({ kind: 'upsert', type: 'deal' });
    expect(parsed.kind === 'upsert' && parsed.row.toString('utf8')).toBe(row);
  });

  it('carry tombstones and the header', () => {
    expect(parse(deleteLine('deal', id))).toEqual({ kind: 'delete', type: 'deal', id });
    const columns = [{ name: 'id', type: 'uuid' }];
    const header: BatchHeader = {
      digestKey: 'ab'.repeat(32),
      policyVersion: 3,
      types: [{ type: 'deal', columns }],
    };
    expect(expectHeader(Buffer.from(headerLine(header)))).toEqual(header);
  });

  it('carry the key of a file', () => {
    const key = Buffer.alloc(32, 7);
    expect(parse(keyLine('b/1/aa-bb', key))).toEqual({ kind: 'key', name: 'b/1/aa-bb', key });
  });

  it.each([
    ['', 'nothing'],
    ['{}', 'an object'],
    ['["x","deal",{}]', 'an unknown kind'],
    ['["u","deal",[1]]', 'a row that is no object'],
    ['["u","",{}]', 'an empty type'],
    ['["u","de al",{}]', 'a type with a space'],
    ['["u","deal",{}', 'an open end'],
    [`["d","deal","${id.toUpperCase()}"]`, 'an id in capitals'],
    [`["d", "deal","${id}"]`, 'a space'],
    [`["d","deal","${id}",1]`, 'a fourth entry'],
    [`["k","b/1/aa-bb","${'A'.repeat(40)}"]`, 'a key that is too short'],
    [`["k","b/1/aa-bb","${'A'.repeat(42)}B="]`, 'a key in another spelling'],
    [`["k","../secret","${'A'.repeat(43)}="]`, 'a key of what is no object'],
    [`["k","b/1/aa-bb"]`, 'no key'],
    ['["h",{"digestKey":"00","policyVersion":1,"types":[]}]', 'a short digest key'],
    [`["h",{"digestKey":"${'00'.repeat(32)}","policyVersion":1,"types":[],"more":1}]`, 'an unknown member'],
  ])('refuse %s (%s)', (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ name: 'FormatError', code: 'format.malformed' }),
    );
  });
});
