// Names, contents and claims about them that mean harm, over real HTTP.
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';
import { binaryCall, fileOf, png, type Binary } from '../integration/files/file-client.js';

let server: WholeServer;
let admin: Binary;
let account: string;
/** what lies in the folders of the server besides stored files, so that nothing joins it */
let before: string[];

beforeAll(async () => {
  server = await startPrimary();
  admin = await binaryCall(server, await makeUser(server, 'administrator'));
  const made = await admin.json('POST', '/accounts', { name: 'Acme' });
  account = (made.json as { id: string }).id;
  before = (await everyFile()).filter((path) => !path.startsWith('files/store/'));
});
afterAll(() => server.stop());

const everyFile = async (): Promise<string[]> =>
  (await readdir(server.folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(server.folder, join(entry.parentPath, entry.name)))
    .sort();
const send = (name: string, body: Buffer, type?: string) =>
  admin.upload(`/accounts/${account}/attachments`, { name }, body, type);

describe('names and contents that mean harm', () => {
  it.each([
    ['annual\u202Efdp.exe', 'annualfdp.exe'],
    ['a\r\nSet-Cookie: x=1\r\n.txt', 'aSet-Cookie_ x=1.txt'],
    ['a\r\n\r\n<script>alert(1)</script>', 'script_'],
    ['a\u2028b\u0085c.txt', 'abc.txt'],
    ['   ', 'file'],
    ['a"; filename="b.exe', 'a_; filename=_b.exe'],
    ['x.txt. . .', 'x.txt'],
    ['\ud800.txt', '\ufffd.txt'],
    [`${'é'.repeat(300)}.pdf`, `${'é'.repeat(98)}.pdf`],
  ])('X21 takes the sting out of the name %j', async (given, kept) => {
    const answer = await send(given, Buffer.from(given));
    expect(fileOf(answer).name).toBe(kept);
    const { headers } = await admin.get(`/attachments/${fileOf(answer).id}/content`);
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="[^"\\]*"; filename\*=UTF-8''[A-Za-z0-9%._~-]+$/,
    );
  });

  it.each([
    ['page.html', '<!DOCTYPE html><script>alert(1)</script>', 'text/html'],
    ['image.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'image/svg+xml'],
    [
      'image.png',
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      'image/png',
    ],
    ['photo.jpg', '<html><body onload=alert(1)>', 'image/jpeg'],
    ['report.pdf', '<script>alert(1)</script>%PDF-1.7', 'application/pdf'],
    ['script.js', 'alert(1)', 'text/javascript'],
    ['table.csv', '<script>alert(1)</script>,b', 'text/csv'],
  ])('X19 never hands out %s as something that runs', async (name, body, declared) => {
    const answer = await admin.upload(
      `/accounts/${account}/attachments`,
      { name },
      Buffer.from(body),
      declared,
    );
    expect(fileOf(answer).previewable).toBe(false);
    const { headers } = await admin.get(`/attachments/${fileOf(answer).id}/content?disposition=inline`);
    expect(headers.get('content-type')).toMatch(/^(text\/plain; charset=utf-8|application\/octet-stream)$/);
    expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
  });

  it('X19 shows a picture with a page behind it as the picture it is', async () => {
    const both = Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]);
    const file = fileOf(await send('both.html', both, 'text/html'));
    expect(file.mediaType).toBe('image/png');
    const { headers } = await admin.get(`/attachments/${file.id}/content?disposition=inline`);
    expect(headers.get('content-type')).toBe('image/png');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['../../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['C:\\temp\\a.txt', 'a.txt'],
    ['/etc/cron.d/evil', 'evil'],
    ['../'.repeat(50), 'file'],
    ['..', 'file'],
    ['a\u0000b.txt', 'ab.txt'],
    ['\u0000', 'file'],
  ])('X22 keeps the name %j as %s, and stores the bytes under a name of its own', async (given, kept) => {
    const body = randomBytes(100);
    expect(fileOf(await send(given, body)).name).toBe(kept);
    const { rows } = await server.database.admin.query<{ store_name: string }>(
      'SELECT store_name FROM files.blob WHERE sha256 = $1',
      [createHash('sha256').update(body).digest()],
    );
    const names = await everyFile();
    expect(rows[0]?.store_name).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(names.filter((path) => path.endsWith(rows[0]?.store_name ?? '?'))).toHaveLength(1);
    expect(names.filter((path) => !path.startsWith('files/store/'))).toEqual(before);
  });

  it('X21 puts nothing into the log that begins a line', async () => {
    const forged = '{"level":"error","event":"forged"}';
    const crlf = `x\r\n${forged}\r\n\u2028${forged}`;
    const text = encodeURIComponent(crlf);
    await send(crlf, Buffer.from(crlf));
    await admin.json('POST', '/accounts', { [crlf]: 1 });
    await admin.json('POST', '/activities', { subject: crlf, kind: crlf });
    await admin.json('GET', `/accounts/${text}`);
    await admin.json('GET', `/accounts?sort=${text}`);
    await admin.json('GET', `/accounts?${text}=1`);
    await admin.json('POST', '/auth/sign-in', { email: crlf, password: crlf });
    await admin.json('GET', '/accounts', undefined, { 'x-request-id': encodeURIComponent(crlf) });
    expect(server.logLines.length).toBeGreaterThan(8);
    for (const line of server.logLines) {
      expect(line.trimEnd()).not.toMatch(/[\r\n]/);
      expect((JSON.parse(line) as { event?: string }).event).not.toBe('forged');
    }
  });

  it('keeps the sum of what it stored', async () => {
    const body = randomBytes(1000);
    await send('sum.bin', body);
    const { rows } = await server.database.admin.query<{ sha256: Buffer; store_name: string }>(
      'SELECT sha256, store_name FROM files.blob WHERE sha256 = $1',
      [createHash('sha256').update(body).digest()],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.store_name).not.toBe(rows[0]?.sha256.toString('hex'));
  });
});
