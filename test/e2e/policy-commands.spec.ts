// `holdfast cloud policy` as a pipeline calls it: what it prints, what its JSON holds, and with which code it ends.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiTokens } from '../../src/access/index.js';
import { AuditTrail } from '../../src/audit/index.js';
import { createDataSource } from '../../src/platform/database/index.js';
import { systemContext } from '../../src/platform/http/index.js';
import { bootstrapPolicy } from '../../src/replication/policy/index.js';
import { makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';
import { freePort, makeTempFolder, TestApi } from '../support/index.js';
import { checkout } from '../support/running-system.js';

const inForce = `version: 1
types:
  account:
    where: { field: sector, op: neq, value: medical }
`;
const proposed = `version: 2
types:
  account:
    where: { field: sector, op: in, value: [retail, medical] }
    fields: { phone: { mask: last4 } }
`;
const faulty = `version: 2
types:
  account:
    where: { field: sectr, op: eq, value: medical }
`;

interface Ended {
  code: number;
  out: string;
  err: string;
}

let server: WholeServer;
let folder: string;
let home: string;
let tokenOfAnother: string;

const holdfast = (...args: string[]): Promise<Ended> => holdfastFed('', ...args);

/** @param input on standard input */
const holdfastFed = (input: string, ...args: string[]): Promise<Ended> =>
  run(input, ['cloud', 'policy', ...args]);

function run(input: string, words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(checkout, 'dist/src/cli/main.js'), ...words],
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      },
    );
    child.stdin?.end(input);
  });
}

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const quickstart = (to: string, url: string, apiToken: string) =>
  writeFile(join(to, 'quickstart.json'), JSON.stringify({ primary: { url }, apiToken }));

beforeAll(async () => {
  server = await startPrimary();
  [folder, home] = [await makeTempFolder('policies'), await makeTempFolder('home')];
  const tokenOfNew = async (): Promise<string> => {
    const { id: userId } = await makeUser(server, 'administrator');
    const scopes = ['read', 'write', 'admin'] as const;
    const tokens = server.app.get(ApiTokens, { strict: false });
    return (await tokens.create(systemContext('test'), { userId, name: 'test', scopes })).token;
  };
  const token = await tokenOfNew();
  tokenOfAnother = await tokenOfNew();
  await quickstart(home, server.url, token);
  const api = new TestApi(server.url, token);
  const insert = async (name: string, sector: string) => {
    expect((await api.request('POST', '/accounts', { name, sector })).status).toBe(201);
  };
  for (let index = 0; index < 7; index += 1) await insert(`Clinic ${String(index)}`, 'medical');
  for (const name of ['Shop', 'Kiosk']) await insert(name, 'retail');
  await insert('Forge', 'steel');
  const url = server.database.urls.maintainer;
  const maintainer = await createDataSource({
    ...{ url, entities: [], applicationName: 'policy test', poolSize: 2 },
  }).initialize();
  const audit = server.app.get(AuditTrail, { strict: false });
  await bootstrapPolicy(maintainer, audit, systemContext('test'), inForce, 'the first of a test');
  await maintainer.destroy();
}, 120_000);
afterAll(() => server.stop());

describe('holdfast cloud policy show', () => {
  it('prints the policy in force, for people and for programs', async () => {
    expect(await holdfast('show', '--home', home)).toEqual({
      ...{ code: 0, out: `# version 1\n${inForce}`, err: '' },
    });
    const { code, out } = await holdfast('show', '--home', home, '--json');
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ version: 1, yaml: inForce })]);
  });
});

describe('holdfast cloud policy check', () => {
  it('says how many records of a sound policy would go', async () => {
    const file = await fileWith('sound.yaml', proposed);
    const told = await holdfast('check', file, '--home', home);
    expect([told.code, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(/^The policy is sound\.\n {2}account +9 would leave, 1 stay home\n/);
    expect(told.out).toMatch(/masked: phone/);
    const { code, out } = await holdfast('check', file, '--home', home, '--json');
    const account = { type: 'account', included: 9, withheld: 1 };
    expect([code, JSON.parse(out)]).toEqual([...[0, expect.objectContaining({ ok: true, errors: [] })]]);
    expect((JSON.parse(out) as { counts: unknown[] }).counts).toContainEqual(
      expect.objectContaining({ ...account, fields: expect.objectContaining({ masked: ['phone'] }) }),
    );
  });

  it.each(['check', 'preview'])(
    'ends %s with 1 and names line and likely name of a fault',
    async (command) => {
      const file = await fileWith('faulty.yaml', faulty);
      const told = await holdfast(command, file, '--home', home);
      expect(told.code).toBe(1);
      expect(told.out).toMatch(new RegExp(`^${file}:4:\\d+ .*\`sectr\`.*\\(did you mean sector\\?\\)\n$`));
      expect(told.err).toMatch(/The policy cannot be used/);
      const { code, out } = await holdfast(command, file, '--home', home, '--json');
      expect([code, JSON.parse(out)]).toMatchObject([
        ...[1, { ok: false, errors: [{ line: 4, suggestion: 'sector' }] }],
      ]);
    },
  );
});

describe('holdfast cloud policy preview', () => {
  it('counts what enters and leaves, with up to five of each by name', async () => {
    const file = await fileWith('next.yaml', proposed);
    const told = await holdfast('preview', file, '--home', home);
    expect([told.code, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(
      /^Against version 1, which is in force:\n {2}account +3 now, 9 then\n {4}7 enter\n/,
    );
    expect(told.out.match(/ Clinic \d/g)).toHaveLength(5);
    expect(told.out).toMatch(/… and 2 more\n {4}1 leave\n +\S+ Forge\n/);
    const { code, out } = await holdfast('preview', file, '--home', home, '--json');
    const { types, ...rest } = JSON.parse(out) as {
      types: { type: string; enters: { samples: unknown[] } }[];
    };
    const account = types.find(({ type }) => type === 'account');
    expect([code, rest]).toMatchObject([0, { ok: true, errors: [], against: 1 }]);
    expect(account).toMatchObject({
      ...{ now: 3, then: 9, enters: { count: 7 }, leaves: { count: 1, samples: [{ title: 'Forge' }] } },
    });
    expect(account?.enters.samples).toHaveLength(5);
  });
});

describe('holdfast cloud policy', () => {
  it('ends with 2 where the file is not there or none is named', async () => {
    const missing = join(folder, 'nowhere.yaml');
    for (const command of ['check', 'preview']) {
      const told = await holdfast(command, missing, '--home', home, '--json');
      expect(told).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining(`Cannot read ${missing}`),
      });
      expect((await holdfast(command, '--home', home)).code).toBe(2);
    }
  });

  it('ends with 1 and names the address where no server answers', async () => {
    const nobody = await makeTempFolder('nobody');
    const url = `http://127.0.0.1:${String(await freePort())}`;
    await quickstart(nobody, url, 'of nobody');
    const file = await fileWith('any.yaml', proposed);
    for (const args of [['show'], ['check', file], ['preview', file]]) {
      const told = await holdfast(...args, '--home', nobody);
      expect(told).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining(`${url} does not answer`),
      });
    }
  });
});

describe('holdfast cloud policy propose, approve, history', () => {
  const reason = 'Clinics are served from the cloud';

  it('puts a policy into force only where a second person approves it', async () => {
    const file = await fileWith('proposal.yaml', proposed);
    const told = await holdfast('propose', file, '--reason', reason, '--home', home);
    expect(told).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Version 2 is proposed.') });
    const alone = await holdfast('approve', '2', '--home', home);
    expect(alone).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/propose/i) });
    expect((await holdfast('show', '--home', home)).out).toMatch(/^# version 1\n/);
    const approved = await holdfastFed(
      `${tokenOfAnother}\n`,
      'approve',
      '2',
      '--token-stdin',
      '--home',
      home,
    );
    expect(approved).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Version 2 is in force.'),
    });
    expect((await holdfast('show', '--home', home)).out).toBe(`# version 2\n${proposed}`);
    const again = await holdfastFed(`${tokenOfAnother}\n`, 'approve', '2', '--token-stdin', '--home', home);
    expect([again.code, again.out]).toEqual([1, '']);
  });

  it('lists who proposed and approved each version, when and why', async () => {
    const told = await holdfast('history', '--home', home);
    expect(told.code).toBe(0);
    expect(told.out).toMatch(
      new RegExp(
        `^version 2, active\\n  proposed by Person \\d+, \\S+Z\\n  in force from \\S+Z, by Person \\d+\\n  why: ${reason}\\n` +
          'version 1, superseded\\n',
      ),
    );
    const { out } = await holdfast('history', '--home', home, '--json');
    const versions = JSON.parse(out) as {
      proposedBy: { id: string } | null;
      approvedBy: { id: string } | null;
    }[];
    expect(versions).toMatchObject([
      { version: 2, state: 'active', reason, yaml: proposed },
      { version: 1, state: 'superseded', yaml: inForce },
    ]);
    expect(versions[0]?.proposedBy?.id).not.toBe(versions[0]?.approvedBy?.id);
  });

  it('refuses what cannot be used, with what is wrong', async () => {
    const bad = await fileWith('bad.yaml', faulty.replace('version: 2', 'version: 3'));
    const told = await holdfast('propose', bad, '--reason', reason, '--home', home);
    expect(told).toMatchObject({ code: 1, out: '', err: expect.stringContaining('sectr') });
    expect((await holdfast('propose', bad, '--home', home)).code).toBe(2);
    for (const version of ['x', '-1', '1.5'])
      expect((await holdfast('approve', version, '--home', home)).code).toBe(2);
    expect(await holdfast('approve', '77', '--home', home)).toMatchObject({ code: 1, out: '' });
    expect((await holdfastFed('', 'approve', '2', '--token-stdin', '--home', home)).err).toContain(
      'API token',
    );
    const stranger = await holdfastFed('hft_nobody\n', 'approve', '2', '--token-stdin', '--home', home);
    expect([stranger.code, stranger.err.includes('hft_nobody')]).toEqual([1, false]);
  });
});

describe('holdfast cloud pause, resume', () => {
  const cloud = (...words: string[]) => run('', ['cloud', ...words, '--home', home]);
  const isPaused = async () =>
    (JSON.parse((await cloud('status', '--json')).out) as { paused: boolean }).paused;

  it('holds the connector and lets it go on', async () => {
    expect(await isPaused()).toBe(false);
    const paused = await cloud('pause', '--reason', 'the auditor is here');
    expect(paused).toMatchObject({ code: 0, err: '', out: 'Paused. Changes wait at home.\n' });
    expect(await isPaused()).toBe(true);
    const resumed = await cloud('resume', '--json');
    expect([resumed.code, JSON.parse(resumed.out)]).toEqual([0, { paused: false }]);
    expect(await isPaused()).toBe(false);
  });
});
