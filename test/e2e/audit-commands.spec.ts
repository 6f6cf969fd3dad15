// `holdfast audit verify` as an auditor calls it: what it prints, and with which code it ends.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkout } from '../support/running-system.js';
import { openAuditWorld, type AuditWorld } from '../integration/audit/audit-world.js';

interface Ended {
  code: number;
  out: string;
  err: string;
}

let world: AuditWorld;
let config: string;

function verify(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(checkout, 'dist/src/cli/main.js'), 'audit', 'verify', '--config', config, ...words],
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      },
    );
  });
}

beforeAll(async () => {
  world = await openAuditWorld();
  await world.sealed(3);
  config = join(world.folder, 'server.json');
  await writeFile(
    config,
    JSON.stringify({
      role: 'primary',
      database: { url: world.database.urls.app },
      queue: { databaseUrl: world.database.urls.queue },
      tenant: { id: 'acme' },
      keys: { folder: world.folder },
      bucket: { url: world.bucket.url },
    }),
    { mode: 0o600 },
  );
});
afterAll(() => world.end());

describe('holdfast audit verify', () => {
  it('ends with 0 where nothing is wrong', async () => {
    const { code, out, err } = await verify();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^3 entries sealed under 1 checkpoints, 0 waiting/);
    expect(out).toContain('Nothing is wrong.');
    const json = await verify('--json');
    expect(JSON.parse(json.out)).toMatchObject({ entries: 3, findings: [], anchor: { size: 3 } });
  });

  it('ends with 2 where it cannot be checked', async () => {
    expect(await verify('--bucket', 'ftp://elsewhere')).toMatchObject({
      code: 2,
      err: expect.stringContaining('bucket URL'),
    });
    expect(await verify('--root', '/nowhere/root.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--root'),
    });
    expect(await verify('--no-such-option')).toMatchObject({ code: 2 });
  });

  it('ends with 1 where something is, and names it', async () => {
    await world.tamper(
      `UPDATE audit.leaf SET action = 'nothing' WHERE id = (SELECT min(id::text)::uuid FROM audit.leaf)`,
    );
    const { code, out, err } = await verify();
    expect(code).toBe(1);
    expect(out).toMatch(/^entry-changed: Entry [0-9a-f-]{36} of .*, place \d/m);
    expect(err).toContain('1 findings');
  });
});
