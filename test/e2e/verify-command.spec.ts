// `holdfast cloud verify` as an auditor calls it: with a copy of the bucket and a file with the root, on a host that knows
// nothing else.
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keyFolders, manifestKey } from '../../src/replication/format/index.js';
import {
  openVerifyWorld,
  type BucketFolder,
  type VerifyWorld,
} from '../integration/replication/verify-world.js';
import { makeTempFolder } from '../support/index.js';
import { checkout } from '../support/running-system.js';

interface Ended {
  code: number;
  out: string;
  err: string;
}

interface Printed {
  objects: number;
  bytes: number;
  standing: { generation: number; n: number };
  opened: { parts: number } | null;
  comparedWithPremises: number | null;
  findings: { key: string | null; severity: string; code: string; message: string }[];
}

let made: VerifyWorld;
let bucket: BucketFolder;
let folder: string;
let root: string;
let identity: string;

function verify(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const words = [join(checkout, 'dist/src/cli/main.js'), 'cloud', 'verify', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: folder, env: { ...process.env, ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const alone = (...more: string[]) => verify(['--root', root, '--bucket', bucket.folder, ...more]);

beforeAll(async () => {
  made = await openVerifyWorld();
  bucket = await made.bucket.copy();
  folder = await makeTempFolder('auditor');
  root = join(folder, 'root.json');
  await writeFile(root, made.root);
  identity = join(keyFolders(made.world.folder).replica('london'), 'recipient-1.key');
});
afterAll(() => made.end());

describe('holdfast cloud verify', () => {
  it('ends with 0 where all is well, and says how to ask next time', async () => {
    const ended = await alone('--identity', identity, '--floor', '1/4');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('Every byte is as it was signed.');
    expect(ended.out).toContain('--floor 1.4');
    expect(ended.out).toMatch(/opened: \d+ parts with \d+ lines, 1 attachments/);
  });

  it('prints JSON for programs', async () => {
    const { code, out } = await alone('--json');
    const report = JSON.parse(out) as Printed;
    expect({ code, ...report }).toMatchObject({ code: 0, standing: { generation: 1, n: 4 }, opened: null });
    expect(report.objects).toBe((await bucket.keys()).length);
    expect(report.findings.filter(({ severity }) => severity !== 'notice')).toEqual([]);
  });

  it('ends with 1 where something is not as it was signed', async () => {
    const spoilt = await bucket.copy();
    const key = manifestKey(1, 2);
    await spoilt.write(key, Buffer.concat([await spoilt.read(key), Buffer.from(' ')]));
    await spoilt.write('\u001b[31mred', Buffer.from('x'));
    const args = ['--root', root, '--bucket', spoilt.folder];
    const text = await verify(args);
    expect(text.code).toBe(1);
    expect(text.out).toContain(`error   ${key}: `);
    expect(text.out).not.toContain('\u001b');
    expect(text.err).toBe('2 errors, 1 warning.\n');
    const { code, out } = await verify([...args, '--json']);
    expect(code).toBe(1);
    expect((JSON.parse(out) as Printed).findings).toContainEqual(
      expect.objectContaining({ key, severity: 'error', code: 'format.malformed' }),
    );
    expect((await alone('--floor', '2.1')).code).toBe(1);
  });

  it('ends with 2 and an empty output where nothing can be said', async () => {
    const other = join(folder, 'other.json');
    const elsewhere = await openVerifyWorld();
    await writeFile(other, elsewhere.root);
    await elsewhere.end();
    const empty = await makeTempFolder('empty');
    const cases = [
      [['--root', other, '--bucket', bucket.folder], 'nothing in this bucket was signed under the root'],
      [['--root', root, '--bucket', empty], 'there is no replica'],
      [['--root', root, '--bucket', 's3://b', '--endpoint', 'http://127.0.0.1:1'], 'Cannot verify: S3'],
      [['--root', join(folder, 'none'), '--bucket', bucket.folder], '--root'],
      [['--root', root, '--bucket', join(folder, 'none')], '--bucket'],
      [['--root', root], 'give --root FILE and --bucket URL'],
      [['--root', root, '--bucket', bucket.folder, '--identity', root], '--identity'],
      [['--root', root, '--bucket', bucket.folder, '--floor', 'x'], 'such as 3.120'],
      [['--root', root, '--bucket', bucket.folder, '--at', 'noon'], 'such as 2026'],
      [['--root', root, '--bucket', bucket.folder, '--what'], '--what'],
    ] as const;
    const secrets = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    for (const [args, words] of cases) {
      const ended = await verify([...args], secrets);
      expect({ args, code: ended.code, out: ended.out }).toEqual({ args, code: 2, out: '' });
      expect(ended.err).toContain(words);
    }
  });

  it('compares with the premises whose configuration it is given', async () => {
    const home = await makeTempFolder('home');
    const config = join(home, 'server.yaml');
    const text = [
      `database: { url: '${made.world.database.urls.app}' }`,
      `keys: { folder: '${made.world.folder}' }`,
      `bucket: { url: 'file://${bucket.folder}' }`,
      'queue: { redisUrl: redis://127.0.0.1:1 }',
    ];
    await writeFile(config, `${text.join('\n')}\n`);
    await chmod(config, 0o600);
    const { code, out, err } = await verify(['--config', config, '--premises', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((JSON.parse(out) as Printed).comparedWithPremises).toBe(4);
    await writeFile(config, 'bukket: {}\n');
    expect((await verify(['--config', config])).code).toBe(78);
  });
});
