// Lines with keys of files that are not what they should be, as three readers find them: a replica, `cloud verify`, and the
// reader that was written from the format's page alone.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBucket } from '../../../src/platform/bucket/index.js';
import { keyFolders, keyLine } from '../../../src/replication/format/index.js';
import { verifyBucket } from '../../../src/replication/verify/index.js';
import { runPython } from '../../support/run-python.js';
import { gather } from '../connector/attachment-world.js';
import { TENANT } from '../connector/connector-world.js';
import { beat } from './follower-world.js';
import { openFilesWorld, type FilesWorld } from './files-world.js';
import { forgeBatch, type Forgery } from './forged-batch.js';

const NEWEST = { generation: 1, n: 2 };
const isKey = (line: string): boolean => line.startsWith('["k",');
const contents = [randomBytes(3000), randomBytes(4000)];

let made: FilesWorld;
let files: string[];
let identityFile: string;

beforeAll(async () => {
  made = await openFilesWorld();
  const account = await made.account('Acme');
  await made.carry();
  identityFile = join(keyFolders(made.world.folder).replica('london'), 'recipient-1.key');
  files = [];
  for (const content of contents) files.push(await made.file(account, content));
  await made.lane.settle();
  await beat(made.world, made.lane);
  await writeFile(join(made.world.folder, 'pin.json'), made.world.rootObject);
});
afterAll(() => made.end());

async function findings(): Promise<string[]> {
  const bucket = openBucket(pathToFileURL(made.world.bucketFolder).href);
  const identities = made.world.identities;
  const report = await verifyBucket({ bucket, root: made.world.rootObject, identities }).finally(() =>
    bucket.close(),
  );
  return report.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

async function pythonSays(): Promise<{ exitCode: number; stderr: string }> {
  const { bucketFolder, folder } = made.world;
  const args = ['--bucket', bucketFolder, '--pin', join(folder, 'pin.json'), '--tenant', TENANT];
  return runPython(['-B', 'docs/reader/read-replica.py', ...args, '--identity', identityFile]);
}

const wrong: [string, Forgery, { replica: string; verify: string }][] = [
  [
    'is left out',
    { lines: (lines) => lines.filter((line, at) => !isKey(line) || at !== lines.findIndex(isKey)) },
    { replica: 'replica.state_differs', verify: 'verify.state_differs' },
  ],
  [
    'stands there for a file that is not added',
    { lines: (lines) => [...lines, keyLine('b/1/other-0123', randomBytes(32))] },
    { replica: 'replica.state_differs', verify: 'verify.state_differs' },
  ],
  [
    'stands there twice, and another not at all',
    { lines: (lines) => [...lines.filter((line) => !isKey(line)), ...twice(lines)] },
    { replica: 'replica.state_differs', verify: 'format.malformed' },
  ],
  [
    'is not announced among the features',
    { lines: (lines) => lines, manifest: { features: [] } },
    { replica: 'format.malformed', verify: 'format.malformed' },
  ],
];

function twice(lines: string[]): string[] {
  const key = lines.find(isKey) ?? '';
  return [key, key];
}

describe('a key of a file that', () => {
  it.each(wrong)('%s is refused by everybody, and the state before stays', async (_, forgery, codes) => {
    const restore = await forgeBatch(made.world, NEWEST, forgery);
    try {
      expect(await made.replica.follower.step()).toBe('failed');
      expect((await made.replica.lastError())?.code).toBe(codes.replica);
      expect(await made.replica.position()).toEqual({ generation: 1, n: 1 });
      expect(await made.keptKeys()).toEqual([]);
      expect(await findings()).toContain(codes.verify);
      expect(await pythonSays()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('refused: ') });
    } finally {
      await restore();
    }
  });

  it('is right opens its file', async () => {
    expect(await findings()).toEqual([]);
    expect(await pythonSays()).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('is another file’s is found by whoever opens the file, and not a byte is shown', async () => {
    const exchange = (lines: string[]): string[] => {
      const [one = '', two = ''] = lines.filter(isKey);
      const nameOf = (line: string) => (JSON.parse(line) as string[])[1] ?? '';
      const keyOf = (line: string) => Buffer.from((JSON.parse(line) as string[])[2] ?? '', 'base64');
      const exchanged = [keyLine(nameOf(one), keyOf(two)), keyLine(nameOf(two), keyOf(one))];
      return [...lines.filter((line) => !isKey(line)), ...exchanged];
    };
    const restore = await forgeBatch(made.world, NEWEST, { lines: exchange });
    expect((await findings()).filter((code) => code === 'format.not_authentic')).toHaveLength(2);
    expect(await pythonSays()).toMatchObject({ exitCode: 1 });
    await made.replica.catchUp();
    for (const id of files) {
      const opened = await made.opener().open(await made.row(id));
      await expect(gather(opened)).rejects.toMatchObject({ name: 'AttachmentRefused' });
    }
    await restore();
  });
});
