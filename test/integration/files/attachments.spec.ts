// The API of files on records, over real HTTP, against a whole server.
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/index.js';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';
import { binaryCall, fileOf, pdf, png, type Binary } from './file-client.js';

let server: WholeServer;
let admin: Binary;
let sales: Binary;
let other: Binary;
let account: string;

beforeAll(async () => {
  server = await startPrimary({ HOLDFAST_FILES_MAX_BYTES: '2000000' });
  admin = await binaryCall(server, await makeUser(server, 'administrator'));
  sales = await binaryCall(server, await makeUser(server, 'sales'));
  other = await binaryCall(server, await makeUser(server, 'sales'));
  account = await newAccount(admin);
});
afterAll(() => server.stop());

async function newAccount(as: Binary): Promise<string> {
  const made = await as.json('POST', '/accounts', { name: 'Acme' });
  return (made.json as { id: string }).id;
}

const upload = (as: Binary, record: string, name: string, body: Buffer, more: Record<string, string> = {}) =>
  as.upload(`/accounts/${record}/attachments`, { name, ...more }, body);

async function added(name: string, body: Buffer, more: Record<string, string> = {}) {
  const answer = await upload(admin, account, name, body, more);
  expect([answer.status, answer.text]).toEqual([201, answer.text]);
  return fileOf(answer);
}

const stored = async (): Promise<string[]> =>
  (await readdir(join(server.folder, 'files', 'store'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe('a file on a record', () => {
  it('comes back byte for byte, with what the content was seen to be', async () => {
    const made = await upload(admin, account, 'photo.png', png, { label: 'shareable' });
    expect(made.status).toBe(201);
    const file = fileOf(made);
    expect(file).toMatchObject({
      ...{
        recordType: 'account',
        recordId: account,
        name: 'photo.png',
        mediaType: 'image/png',
        bytes: png.length,
      },
      ...{ label: 'shareable', version: 1, state: 'available', previewable: true },
    });
    expect(made.headers.get('location')).toBe(`/api/v1/attachments/${file.id}`);
    const content = await admin.get(`/attachments/${file.id}/content`);
    expect(content.status).toBe(200);
    expect(content.bytes.equals(png)).toBe(true);
    expect(content.headers.get('content-type')).toBe('image/png');
    expect(await stored()).not.toContain('photo.png');
  });

  it('is stored once, however often the same content comes, and even at the same time', async () => {
    const body = randomBytes(100_000);
    const before = (await stored()).length;
    const made = await Promise.all(
      Array.from({ length: 6 }, (_, i) => upload(admin, account, `${String(i)}.bin`, body)),
    );
    expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 201));
    expect((await stored()).length).toBe(before + 1);
    for (const answer of made) {
      const content = await admin.get(`/attachments/${fileOf(answer).id}/content`);
      expect(content.bytes.equals(body)).toBe(true);
    }
  });

  it('takes JSON, and a body without a type, as files like any other', async () => {
    const json = Buffer.from('{"a":1}');
    const made = await admin.upload(
      `/accounts/${account}/attachments`,
      { name: 'a.json' },
      json,
      'application/json',
    );
    expect(fileOf(made)).toMatchObject({ bytes: 7, mediaType: 'application/json' });
    const untyped = await admin.upload(`/accounts/${account}/attachments`, { name: 'a.txt' }, json, '');
    expect(fileOf(untyped)).toMatchObject({ bytes: 7, mediaType: 'text/plain' });
  });

  it('is listed newest first, page by page', async () => {
    const record = await newAccount(admin);
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1)
      ids.unshift(
        fileOf(await upload(admin, record, `${String(i)}.txt`, Buffer.from(`text ${String(i)}`))).id,
      );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = (await admin.json('GET', `/accounts/${record}/attachments?limit=2${query}`)).json as {
        data: { id: string }[];
        page: { nextCursor: string | null };
      };
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(ids);
  });

  it('is renamed and labelled only by who saw the newest version', async () => {
    const file = await added('draft.txt', Buffer.from('draft'));
    const path = `/attachments/${file.id}`;
    expect((await admin.json('PATCH', path, { name: 'x' })).status).toBe(428);
    const renamed = await admin.json(
      'PATCH',
      path,
      { name: 'final.txt', label: 'internal' },
      { 'if-match': '"1"' },
    );
    expect(renamed.json).toMatchObject({ name: 'final.txt', label: 'internal', version: 2 });
    const stale = await admin.json('PATCH', path, { name: 'y' }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
    expect((stale.json as { current: unknown }).current).toMatchObject({ name: 'final.txt' });
    const unlabelled = await admin.json('PATCH', path, { label: null }, { 'if-match': '"2"' });
    expect(unlabelled.json).toMatchObject({ label: null, version: 3 });
    for (const patch of [{ label: 'sharable' }, { bytes: 1 }, { name: null }, { name: '' }, { name: 5 }])
      expect([patch, (await admin.json('PATCH', path, patch, { 'if-match': '*' })).status]).toEqual([
        patch,
        400,
      ]);
    expect((await upload(admin, account, 'a.txt', Buffer.from('a'), { label: 'sharable' })).status).toBe(400);
    expect((await admin.json('GET', '/attachments/labels')).json).toEqual({
      data: ['shareable', 'internal', 'confidential'],
    });
  });

  it('lies in the recycle bin after it was deleted, and comes back from there', async () => {
    const file = await added('gone.txt', Buffer.from('soon gone'));
    expect(
      (await admin.json('DELETE', `/attachments/${file.id}`, undefined, { 'if-match': '"7"' })).status,
    ).toBe(412);
    expect((await admin.json('DELETE', `/attachments/${file.id}`)).status).toBe(204);
    for (const path of [`/attachments/${file.id}`, `/attachments/${file.id}/content`])
      expect((await admin.get(path)).status).toBe(404);
    const bin = (await admin.json('GET', `/accounts/${account}/attachments?deleted=true`)).json as {
      data: object[];
    };
    expect(bin.data).toEqual([expect.objectContaining({ id: file.id })]);
    const restored = await admin.json('POST', `/attachments/${file.id}/restore`);
    expect(restored.json).toMatchObject({ id: file.id, version: 3 });
    expect((await admin.get(`/attachments/${file.id}/content`)).bytes.toString()).toBe('soon gone');
    expect((await admin.json('POST', `/attachments/${file.id}/restore`)).status).toBe(404);
  });

  it('stands in the history of its record, and who read it in the audit', async () => {
    const record = await newAccount(admin);
    const file = fileOf(await upload(admin, record, 'history.txt', Buffer.from('history')));
    await admin.json('PATCH', `/attachments/${file.id}`, { name: 'told.txt' }, { 'if-match': '"1"' });
    await admin.json('DELETE', `/attachments/${file.id}`);
    await admin.json('POST', `/attachments/${file.id}/restore`);
    for (let i = 0; i < 3; i += 1) await admin.get(`/attachments/${file.id}/content`);
    const { data } = (await admin.json('GET', `/accounts/${record}/timeline`)).json as {
      data: { kind: string; change: { action: string; attachment?: object } }[];
    };
    expect(data.map(({ change }) => [change.action, change.attachment])).toEqual([
      ['attachment-restore', { id: file.id, name: 'told.txt', label: null }],
      ['attachment-delete', { id: file.id, name: 'told.txt', label: null }],
      [
        'attachment-change',
        { id: file.id, name: 'told.txt', label: null, before: { name: 'history.txt', label: null } },
      ],
      ['attachment-add', { id: file.id, name: 'history.txt', label: null }],
      ['create', undefined],
    ]);
    const reads = await server.database.admin.query(
      `SELECT 1 FROM audit.leaf WHERE action = 'attachment-read' AND record_id = $1`,
      [file.id],
    );
    expect(reads.rowCount).toBe(1);
    const leaves = await server.database.admin.query<{ text: string }>(
      `SELECT l::text AS text FROM audit.leaf l`,
    );
    expect(leaves.rows.filter(({ text }) => text.includes('told.txt'))).toEqual([]);
  });
});

describe('a download', () => {
  const body = randomBytes(700_000);
  let id: string;
  beforeAll(async () => {
    id = (await added('data.bin', body)).id;
  });
  const ask = (headers: Record<string, string>, method = 'GET') =>
    admin.get(`/attachments/${id}/content`, headers, method);

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=262143-262144', 262_143, 262_144],
    ['bytes=699990-', 699_990, 699_999],
    ['bytes=-5', 699_995, 699_999],
    ['bytes=-9999999', 0, 699_999],
    ['bytes=5-99999999', 5, 699_999],
  ])('answers %s with that part', async (range, start, end) => {
    const answer = await ask({ range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${String(start)}-${String(end)}/700000`);
    expect(answer.headers.get('content-length')).toBe(String(end - start + 1));
    expect(answer.bytes.equals(body.subarray(start, end + 1))).toBe(true);
  });

  it.each(['bytes=700000-', 'bytes=-0', 'bytes=999999999-'])('answers %s with 416', async (range) => {
    const answer = await ask({ range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe('bytes */700000');
    expect(answer.headers.get('content-type')).toContain('problem+json');
  });

  it.each([
    'bytes=9-3',
    'bytes=a-b',
    'bytes=',
    'lines=1-2',
    'bytes=0-1,5-6',
    `bytes=${'0-0,'.repeat(20)}1-1`,
  ])('answers %s with the whole, once', async (range) => {
    const answer = await ask({ range });
    expect([answer.status, answer.bytes.length]).toEqual([200, 700_000]);
  });

  it('heeds If-Range and If-None-Match', async () => {
    const etag = (await ask({ range: 'bytes=0-0' })).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f-]{36}"$/);
    expect((await ask({ range: 'bytes=0-0', 'if-range': etag })).status).toBe(206);
    for (const old of ['"other"', 'Sat, 01 Jan 2022 00:00:00 GMT', `W/${etag}`])
      expect((await ask({ range: 'bytes=0-0', 'if-range': old })).status).toBe(200);
    const known = await ask({ 'if-none-match': `"a", ${etag}` });
    expect([known.status, known.bytes.length]).toEqual([304, 0]);
    expect((await ask({ 'if-none-match': '"a"' })).status).toBe(200);
  });

  it('answers HEAD with the headers of GET and nothing else', async () => {
    const [head, get] = [await ask({}, 'HEAD'), await ask({})];
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    for (const name of ['content-length', 'content-type', 'etag', 'accept-ranges', 'content-disposition'])
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
  });

  it('may be kept by nobody else and run by nobody', async () => {
    const { headers } = await ask({});
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('is inline for images and PDF when asked, and for nothing else', async () => {
    const image = await added('a.png', png);
    const document = await added('a.pdf', pdf);
    const text = await added('a.txt', Buffer.from('plain'));
    const shown = async (file: string, disposition: string) =>
      (await admin.get(`/attachments/${file}/content?disposition=${disposition}`)).headers.get(
        'content-disposition',
      );
    expect(await shown(image.id, 'inline')).toMatch(/^inline; /);
    expect(await shown(document.id, 'inline')).toMatch(/^inline; /);
    expect(await shown(document.id, 'attachment')).toMatch(/^attachment; /);
    expect(await shown(text.id, 'inline')).toMatch(/^attachment; /);
    expect((await admin.get(`/attachments/${image.id}/content?disposition=both`)).status).toBe(400);
  });
});

describe('who may', () => {
  it('see the record, sees its files; who may change it, changes them', async () => {
    const own = await newAccount(sales);
    const mine = fileOf(await upload(sales, own, 'mine.txt', Buffer.from('mine')));
    // Accounts are read by everybody of this role, and changed by their owner.
    expect((await other.get(`/attachments/${mine.id}/content`)).status).toBe(200);
    expect((await upload(other, own, 'x.txt', Buffer.from('x'))).status).toBe(403);
    expect(
      (await other.json('PATCH', `/attachments/${mine.id}`, { name: 'x' }, { 'if-match': '*' })).status,
    ).toBe(403);
    expect((await other.json('DELETE', `/attachments/${mine.id}`)).status).toBe(403);
    expect((await sales.json('DELETE', `/attachments/${mine.id}`)).status).toBe(204);
    expect((await other.json('POST', `/attachments/${mine.id}/restore`)).status).toBe(403);
  });

  it('not see the record, learns nothing of its files', async () => {
    const deal = (await sales.json('POST', '/deals', { name: 'Quiet' })).json as { id: string };
    const file = fileOf(
      await sales.upload(`/deals/${deal.id}/attachments`, { name: 'quiet.txt' }, Buffer.from('quiet')),
    );
    const missing = '018f0000-0000-7000-8000-000000000000';
    const told = async (path: string, method = 'GET') => {
      const { status, text } = await other.json(method, path, undefined, { 'if-match': '*' });
      return [status, text.replace(/"requestId":"[^"]+"/, '')];
    };
    for (const [method, path] of [
      ['GET', '/attachments/#'],
      ['GET', '/attachments/#/content'],
      ['DELETE', '/attachments/#'],
      ['POST', '/attachments/#/restore'],
    ] as const) {
      const seen = await told(path.replace('#', file.id), method);
      expect(seen).toEqual(await told(path.replace('#', missing), method));
      expect(seen[0]).toBe(404);
    }
    expect(await told(`/deals/${deal.id}/attachments`)).toEqual(await told(`/deals/${missing}/attachments`));
    expect(
      (await other.upload(`/deals/${deal.id}/attachments`, { name: 'x' }, Buffer.from('x'))).status,
    ).toBe(404);
    // Nor under the name of a type that he may read.
    expect((await other.json('GET', `/accounts/${deal.id}/attachments`)).status).toBe(404);
  });

  it('reach a file whose record lies in the recycle bin: nobody', async () => {
    const record = await newAccount(admin);
    const file = fileOf(await upload(admin, record, 'a.txt', Buffer.from('a')));
    await admin.json('DELETE', `/accounts/${record}`);
    expect((await admin.get(`/attachments/${file.id}/content`)).status).toBe(404);
    await admin.json('POST', `/accounts/${record}/restore`);
    expect((await admin.get(`/attachments/${file.id}/content`)).status).toBe(200);
  });

  it('send a file from another site: nobody', async () => {
    const path = `/accounts/${account}/attachments?name=x.txt`;
    const forged = await admin.get(
      path,
      { 'x-csrf-token': 'wrong', 'content-type': 'text/plain' },
      'POST',
      'x',
    );
    expect(forged.status).toBe(403);
    expect((await new HttpClient(server).call(`/api/v1${path}`, { method: 'POST', body: 'x' })).status).toBe(
      401,
    );
  });
});

describe('an upload', () => {
  const left = async () => (await stored()).filter((name) => name.endsWith('.part'));

  it('that is too large is refused and leaves nothing', async () => {
    const before = (await stored()).length;
    const tooLarge = await upload(admin, account, 'large.bin', Buffer.alloc(2_000_001)).catch(
      (error: unknown) => error,
    );
    // The server hangs up on what it does not want to read; a client may see the answer or the end of the line.
    if (!(tooLarge instanceof Error)) expect(tooLarge).toMatchObject({ status: 413 });
    expect((await upload(admin, account, 'fits.bin', randomBytes(2_000_000))).status).toBe(201);
    expect((await stored()).length).toBe(before + 1);
    expect(await left()).toEqual([]);
  });

  it('that grows beyond what it said nothing about is cut off', async () => {
    const before = (await stored()).length;
    const status = await chunked(admin, `/accounts/${account}/attachments?name=long.bin`, 5_000_000);
    expect([413, 0]).toContain(status);
    await waitFor(async () => (await left()).length === 0);
    expect((await stored()).length).toBe(before);
  });

  it('that breaks off leaves nothing, and the server lives', async () => {
    const before = (await stored()).length;
    const rows = () =>
      server.database.admin.query('SELECT 1 FROM crm.attachment').then(({ rowCount }) => rowCount);
    const countBefore = await rows();
    await breakOff(admin, `/accounts/${account}/attachments?name=broken.bin`);
    // refused before a byte of it was read, then broken off: nobody listens any more
    await breakOff(admin, `/accounts/018f0000-0000-7000-8000-000000000000/attachments?name=broken.bin`);
    await waitFor(async () => (await left()).length === 0);
    expect((await stored()).length).toBe(before);
    expect(await rows()).toBe(countBefore);
    expect((await admin.json('GET', '/me')).status).toBe(200);
  });

  it('is refused without a name, without bytes, and to what is no record', async () => {
    const path = `/accounts/${account}/attachments`;
    expect((await admin.upload(path, {}, Buffer.from('x'))).status).toBe(400);
    expect((await admin.upload(path, { name: '' }, Buffer.from('x'))).status).toBe(400);
    expect((await admin.upload(path, { name: 'a', colour: 'red' }, Buffer.from('x'))).status).toBe(400);
    expect((await admin.upload(path, { name: 'empty' }, Buffer.alloc(0))).status).toBe(400);
    expect((await admin.upload('/accounts/x/attachments', { name: 'a' }, Buffer.from('x'))).status).toBe(404);
    expect(
      (await admin.upload(`/nothing/${account}/attachments`, { name: 'a' }, Buffer.from('x'))).status,
    ).toBe(404);
    expect((await admin.get('/attachments')).status).toBe(404);
  });
});

/** Sends so many bytes without saying how many; 0 where the line ended before an answer. */
function chunked(as: Binary, path: string, bytes: number): Promise<number> {
  return new Promise((resolve) => {
    const sent = httpRequest(
      `${server.url}/api/v1${path}`,
      { method: 'POST', headers: as.headers },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    sent.on('error', () => {
      resolve(0);
    });
    for (let at = 0; at < bytes; at += 100_000) sent.write(Buffer.alloc(100_000));
    sent.end();
  });
}

function breakOff(as: Binary, path: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = { ...as.headers, 'content-length': '1000000' };
    const sent = httpRequest(`${server.url}/api/v1${path}`, { method: 'POST', headers });
    sent.on('error', () => {
      resolve();
    });
    sent.on('close', () => {
      resolve();
    });
    sent.write(Buffer.alloc(300_000));
    setTimeout(() => sent.destroy(), 400);
  });
}
