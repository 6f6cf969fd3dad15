// A running server seals by itself, tells Prometheus, and hands out proofs to those who may have them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditSealer } from '../../../src/audit/index.js';
import { makeTempFolder, waitFor } from '../../support/index.js';
import { runPython } from '../../support/run-python.js';
import { keyFolders, ServerKeyStore } from '../../../src/replication/format/index.js';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';

let server: WholeServer;
let admin: HttpClient;
beforeAll(async () => {
  server = await startPrimary();
  admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
});
afterAll(() => server.stop());

const seal = () => server.app.get(AuditSealer, { strict: false }).seal();
const get = async (path: string): Promise<Record<string, unknown>> => {
  const { status, json } = await admin.call(`/api/v1/audit/${path}`);
  return { ...(json as Record<string, unknown>), status };
};

async function checkBy(script: object): Promise<number> {
  const file = join(await makeTempFolder('proof'), 'proof.json');
  await writeFile(file, JSON.stringify(script));
  const key = await new ServerKeyStore(keyFolders(server.folder).server).auditKey();
  const args = ['-B', 'docs/reader/check-audit.py', '--origin', 'holdfast-audit/acme', '--key', key, file];
  return (await runPython(args)).exitCode;
}

describe('the API of proofs', () => {
  it('has a checkpoint, and proofs that anybody can check', async () => {
    await seal();
    const first = await get('checkpoint');
    expect(first).toMatchObject({
      status: 200,
      size: expect.any(Number),
      note: expect.stringContaining('— holdfast-audit/acme '),
    });
    const made = await admin.call('/api/v1/accounts', { method: 'POST', body: { name: 'Proven' } });
    const { id } = made.json as { id: string };
    const { rows } = await server.database.admin.query<{ id: string }>(
      `SELECT id FROM audit.leaf WHERE record_id = $1`,
      [id],
    );
    const entry = rows[0]?.id ?? '';
    expect(await get(`proof?entry=${entry}`)).toMatchObject({ status: 409, code: 'audit_not_sealed_yet' });
    await seal();
    const second = await get('checkpoint');
    const { status, ...proof } = await get(`proof?entry=${entry}`);
    expect(status).toBe(200);
    expect(JSON.parse(String(proof.leaf))).toMatchObject({ id: entry, action: 'create', recordId: id });
    expect(await checkBy(proof)).toBe(0);
    const range = `from=${String(first.size)}&to=${String(second.size)}`;
    const { status: found, ...consistency } = await get(`consistency?${range}`);
    expect(found).toBe(200);
    expect(await checkBy(consistency)).toBe(0);
  });

  it.each([
    ['proof', 'entry'],
    ['proof?entry=1', 'entry'],
    ['consistency?from=0&to=1', 'from'],
    ['consistency?from=1', 'to'],
    ['consistency?from=3&to=2', 'to'],
    ['consistency?from=1e400&to=2', 'from'],
  ])('answers %s with what is wrong', async (path, field) => {
    const { status, errors } = await get(path);
    expect([status, (errors as { path: string }[]).map((error) => error.path)]).toEqual([
      400,
      expect.arrayContaining([field]),
    ]);
  });

  it('is for administrators', async () => {
    const seller = await HttpClient.signedIn(server, await makeUser(server, 'sales'));
    for (const path of [
      'checkpoint',
      'proof?entry=018f0000-0000-7000-8000-000000000000',
      'consistency?from=1&to=1',
    ])
      expect((await seller.call(`/api/v1/audit/${path}`)).status).toBe(403);
  });
});

describe('the server', () => {
  it('seals from its start on, and shows when and how much', async () => {
    const metric = async (name: string): Promise<number> => {
      const { text } = await admin.call('/metrics');
      return Number(new RegExp(`^${name}\\{origin="holdfast-audit/acme"\\} (\\S+)$`, 'm').exec(text)?.[1]);
    };
    await seal();
    await waitFor(async () => (await metric('holdfast_audit_sealed_entries')) > 0);
    expect(
      Math.abs(Date.now() / 1000 - (await metric('holdfast_audit_sealed_timestamp_seconds'))),
    ).toBeLessThan(60);
  });
});
