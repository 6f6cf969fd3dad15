// Files that are no sound CSV: told with their lines, and nothing is left half done.
import { connect } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/index.js';
import { ImportsWorld } from './imports-world.js';

let world: ImportsWorld;

beforeAll(async () => {
  world = await ImportsWorld.open();
});
afterAll(() => world.close());

const mapping = `
type: account
customFields:
  - { key: tint, label: Tint, kind: text }
fields:
  externalId: { from: id }
  name: { from: name }
  kind: { constant: customer }
  custom.tint: { from: tint }
`;
const good = 'id,name,tint\n1,One,red\n';
const folder = (): string => join(world.folder, 'files', 'imports');

const broken: [what: string, file: string | Buffer, line: number, message: string][] = [
  ['another delimiter', good.replaceAll(',', ';'), 1, 'is the delimiter ";" rather than ","?'],
  ['bytes of another encoding', Buffer.from(`${good}2,M\xfcller,red\n`, 'latin1'), 3, 'not valid utf-8'],
  ['a column missing', 'id,tint\n1,red\n', 1, 'no column "name"'],
  ['a column that nobody mapped', 'id,name,tint,more\n1,One,red,x\n', 1, 'says nothing of the column "more"'],
  ['a line of a megabyte and more', `${good}2,${'x'.repeat(1_200_000)},red\n`, 3, 'longer than'],
  ['a NUL', `${good}2,T\0wo,red\n`, 3, 'NUL'],
  ['a quote that is never closed', `${good}2,"Two,red\n3,Three,red\n`, 3, 'never closed'],
  ['ragged rows', `${good}2,Two\n3,Three,red,more\n`, 3, '2 values'],
  ['nothing but an end of line', '\n', 1, 'empty'],
];

describe('a broken file', () => {
  it.each(broken)(
    'with %s is refused with its line, and no table has a row more',
    async (_what, file, line, message) => {
      const before = await world.rowCounts();
      const status = await world.import(mapping, file);
      expect(status.state).toBe('failed');
      expect(status.problems[0]).toMatchObject({ line, message: expect.stringContaining(message) });
      const after = await world.rowCounts();
      // the audit says that an import began and ended
      for (const table of Object.keys(before).filter((name) => name.startsWith('crm.')))
        expect([table, after[table]]).toEqual([table, before[table]]);
      await waitFor(async () => !(await readdir(folder())).includes(`${status.id}.csv`), {
        what: 'the file to go',
      });
    },
  );

  it('with a header only is an import of no rows', async () => {
    expect(await world.import(mapping, 'id,name,tint\n')).toMatchObject({
      state: 'done',
      progress: { rows: 0 },
    });
  });
});

describe('an upload', () => {
  const create = async (): Promise<string> =>
    (await world.call('POST', '/imports', { mapping, fileName: 'x.csv' })).body.id;

  it('of nothing is refused, and the file can still be sent', async () => {
    const id = await create();
    const response = await fetch(`${world.url}/api/v1/imports/${id}/file`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${world.token}`, 'content-type': 'text/csv' },
      body: '',
    });
    expect([202, 400]).toContain(response.status);
    if (response.status === 202)
      expect(await world.ended(id)).toMatchObject({ state: 'failed', problems: [{ line: 1 }] });
    else expect((await world.call('PUT', `/imports/${id}/file`, good)).status).toBe(202);
  });

  it('that is too large is answered 413 and leaves nothing', async () => {
    const id = await create();
    expect((await world.call('PUT', `/imports/${id}/file`, 'x'.repeat(2_000_001))).status).toBe(413);
    expect((await readdir(folder())).filter((name) => name.startsWith(id))).toEqual([]);
    expect((await world.call('GET', `/imports/${id}`)).body.state).toBe('waiting');
  });

  it('that breaks off leaves nothing, and the file can be sent again', async () => {
    const id = await create();
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `PUT /api/v1/imports/${id}/file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n` +
        `Content-Type: text/csv\r\nContent-Length: 100000\r\n\r\n${good}`,
    );
    const mine = async (): Promise<string[]> =>
      (await readdir(folder())).filter((name) => name.startsWith(id));
    await waitFor(async () => (await mine()).length === 1, { what: 'the upload to begin' });
    socket.destroy();
    await waitFor(async () => (await mine()).length === 0, { what: 'the rest to be removed' });
    expect((await world.call('PUT', `/imports/${id}/file`, good)).status).toBe(202);
    expect((await world.ended(id)).counts).toMatchObject({ created: 1, failed: 0 });
  });

  it('of a second file is answered 409, also at the same moment', async () => {
    const id = await create();
    const files = ['a', 'b', 'c', 'd'].map((name) => good.replace('1,One', `${name},Twin`));
    const answers = await Promise.all(files.map((file) => world.call('PUT', `/imports/${id}/file`, file)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    expect((await world.ended(id)).counts).toMatchObject({ created: 1, failed: 0 });
    expect((await world.call('PUT', `/imports/${id}/file`, good)).status).toBe(409);
    expect(await world.sql(`SELECT count(*) AS n FROM crm.account WHERE name = 'Twin'`)).toEqual([
      { n: '1' },
    ]);
    const left = async (): Promise<string[]> =>
      (await readdir(folder())).filter((name) => name.startsWith(id));
    await waitFor(async () => (await left()).length === 0, { what: 'the file to go' });
  });
});
