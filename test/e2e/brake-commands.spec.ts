// `holdfast cloud brake` and `holdfast cloud record` against a whole server, beside a publisher that holds a batch.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiTokens } from '../../src/access/index.js';
import { systemContext } from '../../src/platform/http/index.js';
import { makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';
import {
  openWorld,
  type ConnectorWorld,
  type TestPublisher,
} from '../integration/connector/connector-world.js';
import { makeTempFolder, waitFor } from '../support/index.js';
import { checkout } from '../support/running-system.js';

interface Ended {
  code: number;
  out: string;
  err: string;
}

let server: WholeServer;
let world: ConnectorWorld;
let lane: TestPublisher;
let home: string;
let tokenOfAnother: string;
const ids: string[] = [];

function cloud(words: readonly string[], input = ''): Promise<Ended> {
  const args = [join(checkout, 'dist/src/cli/main.js'), 'cloud', ...words, '--home', home];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end(input);
  });
}

async function file(name: string, yaml: string): Promise<string> {
  const path = join(home, name);
  await writeFile(path, yaml);
  return path;
}

beforeAll(async () => {
  server = await startPrimary();
  world = await openWorld({ primary: server });
  home = await makeTempFolder('home');
  const tokens = server.app.get(ApiTokens, { strict: false });
  const tokenOfNew = async (): Promise<string> => {
    const { id: userId } = await makeUser(server, 'administrator');
    const scopes = ['read', 'write', 'admin'] as const;
    return (await tokens.create(systemContext('test'), { userId, name: 'test', scopes })).token;
  };
  const apiToken = await tokenOfNew();
  tokenOfAnother = await tokenOfNew();
  await writeFile(join(home, 'quickstart.json'), JSON.stringify({ primary: { url: server.url }, apiToken }));
  for (let index = 0; index < 10; index += 1)
    ids.push(
      await world.insert('crm.account', { name: `a${String(index)}`, kind: 'customer', sector: 'retail' }),
    );
  await world.activate(
    'types: { account: { where: { field: sector, op: neq, value: medical } } }\nbrake: { deletes: 3 }\n',
  );
  lane = await world.publisher({ brake: { lookMs: 0 } });
  await lane.settle();
  await world.reader.catchUp();
}, 120_000);
afterAll(async () => {
  await world.end();
  await server.stop();
});

describe('holdfast cloud record', () => {
  it('prints what the connector sealed, byte for byte', async () => {
    const id = ids[0] ?? '';
    const told = await cloud(['record', 'account', id]);
    expect(told).toEqual({ code: 0, out: `${world.reader.rows('account').get(id) ?? ''}\n`, err: '' });
  });

  it('says why a record would stay under a policy in a file', async () => {
    const policy = await file('none.yaml', 'version: 2\ntypes: {}\n');
    const told = await cloud(['record', 'account', ids[0] ?? '', '--policy', policy]);
    expect(told).toEqual({
      ...{ code: 0, err: '' },
      out: 'It does not leave:\n  The policy does not name the type account.\n',
    });
    expect(await cloud(['record', 'account', 'x'])).toMatchObject({ code: 1, out: '' });
    const both = await cloud(['record', 'account', ids[0] ?? '', '--policy', policy, '--under', '1']);
    expect([both.code, both.out]).toEqual([2, '']);
  });
});

describe('holdfast cloud brake', () => {
  it('says that nothing is held', async () => {
    expect(await cloud(['brake', 'show'])).toEqual({ code: 0, out: 'The brake holds nothing.\n', err: '' });
    const told = await cloud(['brake', 'confirm', 'x', 'account=1']);
    expect(told).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/holds nothing now/) });
  });

  it('shows what is held, refuses fewer, and lets out what was seen', async () => {
    await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = ANY ($1::uuid[])`, [
      ids.slice(0, 6),
    ]);
    expect((await lane.settle()).at(-1)).toBe('held');
    expect((await cloud(['status'])).out).toMatch(/the brake holds 6 deletes since \S+Z: /);
    const shown = await cloud(['brake', 'show']);
    expect(shown.out).toMatch(/more than the 3 that pass by themselves/);
    const command = /holdfast cloud (brake confirm (\w+) account=6)\n/.exec(shown.out);
    const token = command?.[2] ?? '';
    const fewer = await cloud(['brake', 'confirm', token, 'account=5']);
    expect(fewer).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/You confirm 5 .* 6 would go/),
    });
    for (const wrong of ['account', 'account=', 'account=-1'])
      expect((await cloud(['brake', 'confirm', token, wrong])).code).toBe(2);
    expect((await lane.settle()).at(-1)).toBe('held');

    const told = await cloud([...(command?.[1] ?? '').split(' '), '--reason', 'they are sold']);
    expect(told).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Confirmed\./) });
    expect(JSON.parse((await cloud(['brake', 'show', '--json'])).out)).toMatchObject({
      ...{ deletes: { account: 6 }, confirmation: { by: { name: expect.any(String) } } },
    });
    await waitFor(async () => (await lane.settle()).at(-1) === 'idle', { timeoutMs: 20_000 });
    await world.reader.catchUp();
    expect(world.reader.rows('account').size).toBe(4);
    expect((await cloud(['brake', 'show'])).out).toBe('The brake holds nothing.\n');
  });
});

describe('a policy that would empty the replica', () => {
  it('is proposed and approved only with the option that says so', async () => {
    const path = await file('empty.yaml', 'version: 2\ntypes: {}\n');
    const propose = ['policy', 'propose', path, '--reason', 'the copy is given up'];
    const refused = await cloud(propose);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/selects no record at all; the one in force selects 4/);
    expect(refused.err).toMatch(/Go on with --yes-it-empties-the-replica\./);
    expect((await cloud([...propose, '--yes-it-removes-most-records'])).code).toBe(1);
    expect((await cloud([...propose, '--yes-it-empties-the-replica'])).code).toBe(0);
    const approve = ['policy', 'approve', '2', '--token-stdin'];
    expect((await cloud(approve, `${tokenOfAnother}\n`)).err).toMatch(/--yes-it-empties-the-replica/);
    const approved = await cloud([...approve, '--yes-it-empties-the-replica'], `${tokenOfAnother}\n`);
    expect(approved).toMatchObject({ code: 0, out: expect.stringMatching(/Version 2 is in force/) });
  });
});

describe('a field that leaves against its classification', () => {
  it('is shown with its reason', async () => {
    const path = await file(
      'allow.yaml',
      'version: 3\nallow: { account.revenue: "board, 12 March" }\ntypes: { account: { fields: { revenue: include } } }\n',
    );
    const line = 'allowed against its classification: account.revenue: board, 12 March';
    expect((await cloud(['policy', 'preview', path])).out).toContain(line);
    expect((await cloud(['policy', 'propose', path, '--reason', 'r'])).code).toBe(0);
    expect((await cloud(['policy', 'approve', '3', '--token-stdin'], `${tokenOfAnother}\n`)).code).toBe(0);
    expect((await cloud(['policy', 'show'])).out).toContain(`# ${line}\n`);
    expect((await cloud(['policy', 'history'])).out).toContain(`  ${line}\n`);
  });
});
