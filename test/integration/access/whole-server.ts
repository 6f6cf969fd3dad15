// Both servers as they are in production: the whole module, a real database, queue and bucket, over real HTTP.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OwnPasswords, UserAccess } from '../../../src/access/index.js';
import { loadConfig, type AppConfig } from '../../../src/platform/config/index.js';
import { createHttpApp, listen, systemContext } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { PrimaryModule } from '../../../src/primary.module.js';
import { ReplicaServerModule } from '../../../src/replica.module.js';
import { createTenantKeys, keyFolders, ReplicaKeyStore } from '../../../src/replication/format/index.js';
import { PINNED_ROOT_FILE } from '../../../src/replication/replica/index.js';
import {
  createEmptyDatabase,
  createPrimaryDatabase,
  createReplicaDatabase,
  makeTempFolder,
  type TestDatabase,
} from '../../support/index.js';

export interface WholeServer {
  app: NestFastifyApplication;
  url: string;
  port: number;
  database: TestDatabase;
  config: AppConfig;
  folder: string;
  logLines: string[];
  stop(): Promise<void>;
}

async function start(
  moduleOf: (config: AppConfig) => DynamicModule,
  database: TestDatabase,
  folder: string,
  env: Record<string, string>,
  release: () => Promise<void>,
): Promise<WholeServer> {
  const logLines: string[] = [];
  const config = loadConfig({
    env: {
      HOLDFAST_HTTP_PORT: '0',
      HOLDFAST_KEYS_FOLDER: folder,
      HOLDFAST_FILES_FOLDER: join(folder, 'files'),
      BUCKET_URL: pathToFileURL(join(folder, 'bucket')).href,
      HOLDFAST_TENANT_ID: 'acme',
      ...env,
    },
  });
  const log = createLogger({
    level: 'trace',
    name: 'test',
    stream: { write: (line: string) => void logLines.push(line) },
  });
  const app = await createHttpApp(moduleOf(config), config, log);
  const port = await listen(app, config);
  const stop = async (): Promise<void> => {
    await app.close();
    await database.drop();
    await release();
  };
  return { app, url: `http://127.0.0.1:${String(port)}`, port, database, config, folder, logLines, stop };
}

/** @param env on top of what an installation sets, such as another queue */
export async function startPrimary(env: Record<string, string> = {}): Promise<WholeServer> {
  return startPrimaryOn(await createPrimaryDatabase(), await makeTempFolder('whole'), env);
}

/** @param folder of its keys; `stop` drops the database */
export async function startPrimaryOn(
  database: TestDatabase,
  folder: string,
  env: Record<string, string> = {},
): Promise<WholeServer> {
  const queue = env.REDIS_URL === undefined ? await createEmptyDatabase('holdfast_queue') : null;
  const own = {
    HOLDFAST_ROLE: 'primary',
    DATABASE_URL: database.urls.app,
    HOLDFAST_DATABASE_MAINTAINER_URL: database.urls.maintainer,
    ...(queue ? { HOLDFAST_QUEUE_DATABASE_URL: queue.urls.queue } : {}),
  };
  return start(
    (config) => PrimaryModule.forConfig(config),
    database,
    folder,
    { ...own, ...env },
    async () => queue?.drop(),
  );
}

/** With an empty bucket: what it shows is what the test puts into its database. */
export async function startReplica(): Promise<WholeServer> {
  const folder = await makeTempFolder('whole-replica');
  const keyFolder = keyFolders(folder).replica('london');
  const { enrolment } = await new ReplicaKeyStore(keyFolder).enrol('acme', 'london');
  const root = await createTenantKeys({ folder, tenant: 'acme', replicas: [enrolment] });
  await writeFile(join(keyFolder, PINNED_ROOT_FILE), root, { mode: 0o600 });
  return startReplicaOf(folder);
}

/** @param folder with the keys of the replica `london` and the root that it trusts; the bucket is in it */
export async function startReplicaOf(
  folder: string,
  more: Record<string, string> = {},
): Promise<WholeServer> {
  const database = await createReplicaDatabase();
  const env = {
    HOLDFAST_ROLE: 'replica',
    HOLDFAST_REPLICA_NAME: 'london',
    DATABASE_URL: database.urls.replicaApp,
    HOLDFAST_DATABASE_APPLY_URL: database.urls.replicaApply,
    ...more,
  };
  return start(
    (config) => ReplicaServerModule.forConfig(config),
    database,
    folder,
    env,
    () => Promise.resolve(),
  );
}

export interface Credentials {
  id: string;
  email: string;
  password: string;
}

let people = 0;

export async function makeUser(server: WholeServer, ...roles: string[]): Promise<Credentials> {
  people += 1;
  const input = {
    email: `person${String(people)}@example.com`,
    name: `Person ${String(people)}`,
    password: `quiet harbour ${String(people)}`,
    roles,
  };
  const { id } = await server.app.get(UserAccess, { strict: false }).createUser(systemContext('test'), input);
  return { id, email: input.email, password: input.password };
}

/** Copies what travels whatever the policy says, and some tables as they are. */
export async function carryOver(primary: WholeServer, replica: WholeServer): Promise<void> {
  const tables = ['crm."user"', 'access.role', 'access.replica_login', 'crm.custom_field'];
  const records = ['pipeline', 'stage', 'product', 'account', 'contact', 'deal', 'case', 'activity'];
  records.push('lead', 'campaign', 'campaign_member', 'deal_line');
  for (const table of [...tables, ...records.map((name) => `crm."${name}"`), 'crm.attachment']) {
    const { rows } = await primary.database.admin.query<{ row: string }>(
      `SELECT row_to_json(v)::text AS row FROM ${table} v`,
    );
    await replica.database.admin.query(`DELETE FROM ${table}`);
    for (const { row } of rows)
      await replica.database.admin.query(
        `INSERT INTO ${table} SELECT * FROM json_populate_record(NULL::${table}, $1)`,
        [row],
      );
  }
}

export async function giveReplicaPassword(primary: WholeServer, person: Credentials): Promise<Credentials> {
  const password = `${person.password} abroad`;
  const passwords = primary.app.get(OwnPasswords, { strict: false });
  await passwords.setReplicaPassword(systemContext('test'), person.id, password);
  return { ...person, password };
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** undefined where the answer is no JSON */
  json: unknown;
}

export interface HttpCall {
  method?: string;
  /** JSON unless it is text */
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

/** A person at the server, or nobody. */
export class HttpClient {
  private cookie = '';
  private csrfToken = '';

  constructor(private readonly server: WholeServer) {}

  static async signedIn(server: WholeServer, { email, password }: Credentials): Promise<HttpClient> {
    const client = new HttpClient(server);
    // Each sign-in of a test is the first of its kind; the limiter has tests of its own.
    await server.database.admin.query('DELETE FROM access.sign_in_attempt');
    const answer = await client.call('/api/v1/auth/sign-in', { method: 'POST', body: { email, password } });
    if (answer.status !== 200) throw new Error(`sign-in: ${answer.text}`);
    client.cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    client.csrfToken = (answer.json as { csrfToken: string }).csrfToken;
    return client;
  }

  /** What it sends with each request, for calls that this client cannot make. */
  credentials(): Record<string, string> {
    return { cookie: this.cookie, 'x-csrf-token': this.csrfToken };
  }

  async call(
    path: string,
    { method = 'GET', body, contentType, headers }: HttpCall = {},
  ): Promise<HttpAnswer> {
    const response = await fetch(this.server.url + path, {
      method,
      headers: {
        ...(this.cookie === '' ? {} : { cookie: this.cookie, 'x-csrf-token': this.csrfToken }),
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
    };
  }
}
