import { describe, expect, it } from '@jest/globals';
import { CrmRecord, RecordType, recordTypes, TextField } from '../../../records/index.js';
import { parsePolicy } from './parse-policy.js';
import { createPolicySchema } from './policy-schema.js';

@RecordType({ name: 'memo', plural: 'memos', title: ['text'], icon: 'x' })
class Memo extends CrmRecord {
  @TextField() text!: string;
}

const schema = createPolicySchema(recordTypes(), []);
const parse = (rule: string) => parsePolicy(`version: 1\ntypes:\n  memo: { attachments: ${rule} }\n`, schema);

describe('a rule for attachments', () => {
  it('belongs to the type of this test', () => {
    expect(recordTypes().map(({ target }) => target)).toEqual([Memo]);
  });

  it('reads size, types and label', () => {
    const parsed = parse('{ maxSize: 20MB, types: [application/pdf, Image/*], label: shareable }');
    expect(parsed.policy?.types.get('memo')?.attachments).toEqual({
      maxBytes: 20_000_000,
      mediaTypes: ['application/pdf', 'image/*'],
      labels: ['shareable'],
    });
  });

  it.each([
    ['1.5 MiB', 1_572_864],
    ['2GB', 2e9],
    ['512', 512],
    ['7kB', 7000],
  ])('takes %s as %d bytes', (written, bytes) => {
    expect(parse(`{ maxSize: ${written} }`).policy?.types.get('memo')?.attachments?.maxBytes).toBe(bytes);
  });

  it('lets every file go where it is empty, and none where it is missing', () => {
    expect(parse('{}').policy?.types.get('memo')?.attachments).toEqual({
      maxBytes: null,
      mediaTypes: null,
      labels: null,
    });
    expect(parsePolicy('version: 1\ntypes: { memo: }', schema).policy?.types.get('memo')?.attachments).toBe(
      null,
    );
  });

  it.each([
    ['', 'types.memo.attachments', '`attachments` must be a mapping', null],
    ['all', 'types.memo.attachments', '`attachments` must be a mapping', null],
    ['{ maxsize: 20MB }', 'types.memo.attachments.maxsize', 'knows no `maxsize`', 'maxSize'],
    ['{ maxSize: 20mb }', 'types.memo.attachments.maxSize', 'a size such as 20MB', '20MB'],
    ['{ maxSize: big }', 'types.memo.attachments.maxSize', 'a size such as 20MB', null],
    ['{ maxSize: 0 }', 'types.memo.attachments.maxSize', 'a size such as 20MB', null],
    ['{ types: [pdf] }', 'types.memo.attachments.types', 'not `pdf`', 'application/pdf'],
    ['{ types: ["*/*"] }', 'types.memo.attachments.types', 'not `*/*`', null],
    ['{ types: [] }', 'types.memo.attachments.types', '1 to 100 values', null],
    ['{ label: 7 }', 'types.memo.attachments.label', 'a label is a text', null],
    ['{ label: [] }', 'types.memo.attachments.label', '1 to 100 values', null],
  ])('is refused as %s, with place and suggestion', (rule, path, message, suggestion) => {
    const [issue, ...others] = parse(rule).issues;
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ line: 3, path, suggestion });
    expect(issue?.message).toContain(message);
  });

  it('cannot be written as a type', () => {
    expect(parsePolicy('version: 1\ntypes: { attachment: }', schema).issues[0]?.message).toContain(
      'unknown type',
    );
  });
});
