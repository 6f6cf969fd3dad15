// What a test does inside an installation that nobody may do over the API: other accounts, a policy without two people.
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { AuditTrail } from '../../src/audit/index.js';
import { createDataSource } from '../../src/platform/database/index.js';
import { activatePolicy, proposePolicy } from '../../src/replication/policy/index.js';
import { personContext } from '../integration/replication/policy-database.js';

interface DatabaseSettings {
  url: string;
  maintainerUrl?: string;
}

export async function databaseOf(home: string, process: 'server' | 'replica'): Promise<DatabaseSettings> {
  const text = await readFile(join(home, 'config', `${process}.yaml`), 'utf8');
  return (parse(text) as { database: DatabaseSettings }).database;
}

/** The same database, for somebody who sees all of its rows. */
export async function asSuperuser(home: string, address: string): Promise<string> {
  const url = new URL(address);
  url.username = 'postgres';
  url.password = (await readFile(join(home, 'postgres', 'superuser-password'), 'utf8')).trim();
  return url.href;
}

/** Two people put a policy into force, by the functions that the server uses. */
export async function putIntoForce(home: string, policy: string): Promise<void> {
  const { url, maintainerUrl = '' } = await databaseOf(home, 'server');
  const open = (address: string) =>
    createDataSource({ url: address, entities: [], applicationName: 'kill test', poolSize: 2 }).initialize();
  const [app, maintainer] = await Promise.all([open(url), open(maintainerUrl)]);
  const found = (await readdir(home, { recursive: true })).find((path) => path.endsWith('audit.key'));
  const audit = new AuditTrail(app, { keysFolder: dirname(join(home, found ?? 'audit.key')) });
  await audit.onModuleInit();
  const why = 'the kill test needs it';
  const version = await proposePolicy(app, audit, personContext(randomUUID()), policy, why);
  await activatePolicy(maintainer, audit, personContext(randomUUID()), version);
  await Promise.all([app.destroy(), maintainer.destroy()]);
}
