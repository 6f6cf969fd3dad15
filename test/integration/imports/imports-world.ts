// The whole server on premises over a database of its own, reached over HTTP as any script reaches it.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTokens, RoleStore, UserAccess, type TokenScope } from '../../../src/access/index.js';
import { loadConfig } from '../../../src/platform/config/index.js';
import { createHttpApp, listen, systemContext } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { PrimaryModule } from '../../../src/primary.module.js';
import {
  createEmptyDatabase,
  createPrimaryDatabase,
  makeTempFolder,
  waitFor,
  type TestDatabase,
} from '../../support/index.js';

export const demo = join(dirname(fileURLToPath(import.meta.url)), '../../../config/demo');

export interface Status {
  id: string;
  state: string;
  progress: { rows: number | null; done: number; linked: number };
  counts: { created: number; updated: number; unchanged: number; skipped: number; failed: number };
  problems: { line: number; column?: string; message: string }[];
  hasErrorFile: boolean;
}

export interface Begin {
  dryRun?: boolean;
  allOrNothing?: boolean;
  token?: string;
}

export interface Answered<T = Status & { detail?: string; code?: string }> {
  status: number;
  body: T;
}

const ended = ['done', 'failed', 'cancelled'];
const setUp = systemContext('imports test');

export class ImportsWorld {
  token = '';
  adminId = '';

  private constructor(
    readonly database: TestDatabase,
    readonly queue: TestDatabase,
    readonly folder: string,
    readonly configFile: string,
    public app: NestFastifyApplication,
    public url: string,
  ) {}

  static async open(): Promise<ImportsWorld> {
    const [database, queue] = await Promise.all([
      createPrimaryDatabase(),
      createEmptyDatabase('holdfast_queue'),
    ]);
    const folder = await makeTempFolder('imports');
    const configFile = join(folder, 'primary.json');
    await writeFile(configFile, JSON.stringify(configOf(database, queue, folder)), { mode: 0o600 });
    const { app, url } = await startServer(configFile);
    const world = new ImportsWorld(database, queue, folder, configFile, app, url);
    world.adminId = await world.person('Ada Administrator', 'administrator');
    world.token = await world.tokenOf(world.adminId);
    return world;
  }

  /** After the test has closed the server. */
  async restart(): Promise<void> {
    ({ app: this.app, url: this.url } = await startServer(this.configFile));
  }

  async close(): Promise<void> {
    await this.app.close();
    await Promise.all([this.database.drop(), this.queue.drop()]);
  }

  async person(name: string, ...roles: string[]): Promise<string> {
    const email = `${name.toLowerCase().replace(/[^a-z]+/g, '.')}@example.com`;
    const input = { email, name, password: `quiet harbour ${name}`, roles };
    return (await this.app.get(UserAccess).createUser(setUp, input)).id;
  }

  async tokenOf(userId: string, scopes: readonly TokenScope[] = ['read', 'write', 'admin']): Promise<string> {
    return (await this.app.get(ApiTokens).create(setUp, { userId, name: 'test', scopes })).token;
  }

  /** A role that may import and do what `permissions` say. */
  async role(key: string, permissions: Record<string, Record<string, string>>): Promise<void> {
    await this.app.get(RoleStore).ensureBuiltIn();
    await this.sql(
      `INSERT INTO access.role (id, key, name, permissions, flags, hidden_fields, read_only_fields, built_in)
       VALUES (gen_random_uuid(), $1, $1, $2, '{import}', '{}', '{}', false)`,
      [key, JSON.stringify(permissions)],
    );
  }

  async sql<T = Record<string, string | null>>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.admin.query(text, values)).rows as T[];
  }

  async call<T = Status & { detail?: string; code?: string }>(
    method: string,
    path: string,
    body?: object | string | Buffer,
    token = this.token,
  ): Promise<Answered<T>> {
    const isFile = typeof body === 'string' || Buffer.isBuffer(body);
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': isFile ? 'text/csv' : 'application/json' }),
      },
      ...(body === undefined
        ? {}
        : { body: isFile ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
    });
    // a byte order mark is part of a file, but not of what `text()` answers
    const text = Buffer.from(await response.arrayBuffer()).toString();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** Describes an import and sends its file; it may still run when this answers. */
  async begin(mapping: string, file: string | Buffer, { token, ...how }: Begin = {}): Promise<string> {
    const made = await this.call('POST', '/imports', { mapping, fileName: 'rows.csv', ...how }, token);
    if (made.status !== 201) throw new Error(`creating answered ${JSON.stringify(made)}`);
    const sent = await this.call('PUT', `/imports/${made.body.id}/file`, file, token);
    if (sent.status !== 202) throw new Error(`sending answered ${JSON.stringify(sent)}`);
    return made.body.id;
  }

  ended(id: string, timeoutMs = 90_000): Promise<Status> {
    const look = async (): Promise<Status | null> => {
      const { body } = await this.call('GET', `/imports/${id}`);
      return ended.includes(body.state) ? body : null;
    };
    return waitFor(look, { timeoutMs, intervalMs: 20, what: `import ${id} to end` });
  }

  async import(mapping: string, file: string | Buffer, how: Begin = {}): Promise<Status> {
    return this.ended(await this.begin(mapping, file, how));
  }

  async importDemo(mapping: string, file: string, how: Begin = {}): Promise<Status> {
    return this.import(await readFile(join(demo, mapping), 'utf8'), await readFile(join(demo, file)), how);
  }

  async errors(id: string): Promise<string> {
    return (await this.call<string>('GET', `/imports/${id}/errors`)).body;
  }

  /** How many rows stand in each table that an import may write to, audit and change log included. */
  async rowCounts(): Promise<Record<string, number>> {
    const tables = await this.sql<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_schema IN ('crm', 'audit') AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables)
      counts[name] = Number((await this.sql(`SELECT count(*) AS n FROM ${name}`))[0]?.['n']);
    return counts;
  }

  /** A digest of all rows of a table but for what differs from run to run (ids, times), references by their key. */
  async contentOf(table: 'deal' | 'case' | 'account'): Promise<string> {
    const references = table === 'account' ? ['parent_id'] : ['account_id'];
    const expanded = references
      .map((column) => `(SELECT a.external_id FROM crm.account a WHERE a.id = t.${column}) AS ref`)
      .join(', ');
    const rows = await this.sql<{ row: unknown }>(
      `SELECT to_jsonb(t) - '{id,created_at,created_by,updated_at,updated_by,owner_id,account_id,parent_id,product_id,pipeline_id,contact_id,version,search,stage_since}'::text[]
              || jsonb_build_object('ref', r.ref) AS row
         FROM crm."${table}" t CROSS JOIN LATERAL (SELECT ${expanded}) r ORDER BY t.external_id`,
    );
    return `${String(rows.length)}:${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`;
  }
}

export async function startServer(configFile: string): Promise<{ app: NestFastifyApplication; url: string }> {
  const config = loadConfig({ file: configFile, env: {} });
  const log = createLogger({ level: 'fatal', name: 'imports test' });
  const app = await createHttpApp(PrimaryModule.forConfig(config), config, log);
  const port = await listen(app, config);
  return { app, url: `http://127.0.0.1:${String(port)}` };
}

function configOf(database: TestDatabase, queue: TestDatabase, folder: string): object {
  return {
    role: 'primary',
    http: { host: '127.0.0.1', port: 0, limits: { importBytes: 2_000_000 } },
    database: { url: database.urls.app, maintainerUrl: database.urls.maintainer },
    queue: { databaseUrl: queue.urls.queue },
    keys: { folder: join(folder, 'keys') },
    files: { folder: join(folder, 'files') },
  };
}
