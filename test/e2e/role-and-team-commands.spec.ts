// `holdfast role` and `holdfast team` as an administrator calls them, up to what a person then reaches.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPrimaryDatabase, makeTempFolder, type TestDatabase } from '../support/index.js';
import { checkout } from '../support/running-system.js';

interface Ended {
  code: number;
  out: string;
  err: string;
}

let database: TestDatabase;
let folder: string;
let config: string;

function holdfast(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(checkout, 'dist/src/cli/main.js'), ...words, '--config', config],
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      },
    );
  });
}
async function setRole(yaml: string): Promise<Ended> {
  const file = join(folder, 'role.yaml');
  await writeFile(file, yaml);
  return holdfast('role', 'set', file);
}

beforeAll(async () => {
  database = await createPrimaryDatabase();
  folder = await makeTempFolder('role-commands');
  config = join(folder, 'server.json');
  await writeFile(
    config,
    JSON.stringify({
      role: 'primary',
      database: { url: database.urls.app },
      queue: { databaseUrl: database.urls.queue },
      tenant: { id: 'acme' },
      keys: { folder },
      bucket: { url: `file://${folder}` },
    }),
    { mode: 0o600 },
  );
  for (const name of ['a', 'b'])
    await database.admin.query(
      `INSERT INTO crm."user" (id, created_at, updated_at, name, email, active)
       VALUES (gen_random_uuid(), now(), now(), $1, $2, true)`,
      [name, `${name}@example.com`],
    );
});
afterAll(() => database.drop());

describe('holdfast role and holdfast team', () => {
  it('makes and changes a role from a file', async () => {
    const role = 'key: sales-north\nname: Sales north\npermissions:\n  deal: { read: team, delete: deny }\n';
    expect(await setRole(role)).toMatchObject({ code: 0, err: '' });
    expect(await setRole(role.replace('Sales north', 'North'))).toMatchObject({ code: 0, err: '' });
    const listed = JSON.parse((await holdfast('role', 'list', '--json')).out) as { roles: { key: string }[] };
    expect(listed.roles.find(({ key }) => key === 'sales-north')).toMatchObject({
      ...{ name: 'North', builtIn: false, permissions: { deal: { read: 'team', delete: 'deny' } } },
    });
  });

  it('deletes a role that nobody has', async () => {
    expect(await holdfast('role', 'delete', 'sales-north')).toMatchObject({ code: 0 });
    expect((await holdfast('role', 'list')).out).not.toContain('sales-north');
  });

  it('says what is wrong with a file, and makes nothing of it', async () => {
    const unknown = await setRole('key: x\nname: X\nlevels: {}\n');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('names "levels"');
    const wrong = await setRole('key: x\nname: X\npermissions: { deal: { read: most } }\n');
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toContain('permissions.deal.read');
    expect((await setRole('key: administrator\nname: A\n')).err).toContain('cannot be changed');
    expect((await holdfast('role', 'list')).out).not.toMatch(/^x /m);
  });

  it('puts people into teams of a tree, by name and address', async () => {
    expect(await holdfast('team', 'set', 'Sales', '--member', 'A@example.com')).toMatchObject({ code: 0 });
    const north = await holdfast('team', 'set', 'North', '--parent', 'sales', '--member', 'b@example.com');
    expect(north).toMatchObject({ code: 0, err: '' });
    expect((await holdfast('team', 'list')).out).toBe('North  (Sales)  1\nSales  (no team above)  1\n');
    const { rows } = await database.admin.query<{ names: string[] }>(
      `SELECT ARRAY(SELECT r.name FROM crm."user" r WHERE r.id = ANY (access.owners_in_reach(u.id)) ORDER BY 1) AS names
       FROM crm."user" u WHERE u.email LIKE '_@example.com' ORDER BY u.name`,
    );
    expect(rows.map(({ names }) => names)).toEqual([['a', 'b'], ['b']]);
    const nobody = await holdfast('team', 'set', 'North', '--member', 'nobody@example.com');
    expect(nobody.code).not.toBe(0);
    expect(nobody.err).toContain('nobody@example.com');
    expect((await holdfast('team', 'delete', 'Sales')).code).not.toBe(0);
    expect(await holdfast('team', 'delete', 'north')).toMatchObject({ code: 0 });
    expect(await holdfast('team', 'delete', 'Sales')).toMatchObject({ code: 0 });
  });
});
