// A whole server with sign-in over a real database, and a small browser that keeps its cookie.
import { Controller, Get, Module, Post, type DynamicModule, type Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import {
  AccessModule,
  RequirePermission,
  UserAccess,
  type AccessOptions,
} from '../../../src/access/index.js';
import { PasswordHasher } from '../../../src/access/password/password-hasher.js';
import { AuditModule } from '../../../src/audit/index.js';
import '../../../src/crm/record-types.js';
import { AppConfig } from '../../../src/platform/config/index.js';
import { createDataSource } from '../../../src/platform/database/index.js';
import { createHttpApp, systemContext } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { RecordsModule } from '../../../src/records/records.module.js';
import { createPrimaryDatabase, createReplicaDatabase, makeTempFolder } from '../../support/index.js';
import type { TestDatabase } from '../../support/index.js';

/** Cheap enough for hundreds of sign-ins; everything else is as in production. */
export const testCost = { memoryKiB: 64, passes: 1, parallelism: 1 };

@ApiExcludeController()
@Controller('api/v1/probe')
class ProbeController {
  @Get()
  read(): { ok: true } {
    return { ok: true };
  }
  @Post()
  write(): { ok: true } {
    return { ok: true };
  }
  @Post('users')
  @RequirePermission('manageUsers')
  administer(): { ok: true } {
    return { ok: true };
  }
}

@Module({})
class DatabaseModule {}

function databaseModule(dataSource: DataSource): DynamicModule {
  return {
    module: DatabaseModule,
    global: true,
    providers: [{ provide: DataSource, useValue: dataSource }],
    exports: [DataSource],
  };
}

@Module({})
class ServerModule {}

export interface AccessServer {
  app: NestFastifyApplication;
  database: TestDatabase;
  keysFolder: string;
  dataSource: DataSource;
  hasher: PasswordHasher;
  logLines: string[];
  stop(): Promise<void>;
}

/** With `beside`, one more server on the other's database. */
export async function startAccessServer(
  more: Partial<AccessOptions> = {},
  beside?: AccessServer,
  features: (database: TestDatabase) => (Type | DynamicModule)[] = () => [],
): Promise<AccessServer> {
  const options: AccessOptions = {
    role: 'primary',
    installation: 'test',
    publicUrl: 'https://crm.example.com',
    version: '0.0.0',
    passwords: { cost: testCost },
    ...more,
  };
  const isReplica = options.role === 'replica';
  const keysFolder = beside?.keysFolder ?? (await makeTempFolder('access'));
  const database =
    beside?.database ?? (await (isReplica ? createReplicaDatabase() : createPrimaryDatabase()));
  const url = isReplica ? database.urls.replicaApp : database.urls.app;
  const dataSource = createDataSource({ url, entities: [], applicationName: 'access test' });
  await dataSource.initialize();
  const logLines: string[] = [];
  const stream = { write: (line: string) => void logLines.push(line) };
  const feature: DynamicModule = {
    module: ServerModule,
    imports: [
      databaseModule(dataSource),
      AuditModule.forRoot({ keysFolder }),
      AccessModule.forRoot(options),
      RecordsModule.forRoot({ isReadOnly: isReplica }),
      ...features(database),
    ],
    controllers: [ProbeController],
  };
  const log = createLogger({ level: 'trace', name: 'test', stream });
  const app = await createHttpApp(feature, new AppConfig(), log);
  const stop = async (): Promise<void> => {
    await app.close();
    await dataSource.destroy();
    if (!beside) await database.drop();
  };
  return { app, database, keysFolder, dataSource, hasher: app.get(PasswordHasher), logLines, stop };
}

export const setUp = systemContext('access test');

let people = 0;
export interface TestPerson {
  id: string;
  email: string;
  password: string;
}

/** A person of their own for each test, so that no test sees another's failures. */
export async function makePerson(server: AccessServer, ...roles: string[]): Promise<TestPerson> {
  people += 1;
  const email = `person${String(people)}@example.com`;
  const password = `quiet harbour ${String(people)}`;
  const input = { email, name: `Person ${String(people)}`, password, roles };
  const { id } = await server.app.get(UserAccess).createUser(setUp, input);
  return { id, email, password };
}

export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
  headers: Record<string, unknown>;
}
export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: object;
  headers?: Record<string, string>;
}

export class Browser {
  cookie: string | null = null;
  csrfToken: string | null = null;

  constructor(
    private readonly server: AccessServer,
    private readonly address = '10.1.1.1',
  ) {}

  async call<T = Record<string, unknown>>(path: string, call: Call = {}): Promise<Answer<T>> {
    const method = call.method ?? 'GET';
    const response = await this.server.app.inject({
      method,
      url: `/api/v1${path}`,
      remoteAddress: this.address,
      headers: {
        host: 'crm.example.com',
        ...(this.cookie === null ? {} : { cookie: this.cookie }),
        ...(this.csrfToken === null || method === 'GET' ? {} : { 'x-csrf-token': this.csrfToken }),
        ...call.headers,
      },
      ...(call.body ? { payload: call.body } : {}),
    });
    const body = (response.body === '' ? {} : response.json()) as T;
    return { status: response.statusCode, body, headers: response.headers };
  }

  async signIn(email: string, password: string): Promise<Answer<{ csrfToken: string; code: string }>> {
    const answer = await this.call<{ csrfToken: string; code: string }>('/auth/sign-in', {
      method: 'POST',
      body: { email, password },
    });
    if (answer.status === 200) {
      this.csrfToken = answer.body.csrfToken;
      this.cookie = cookieIn(answer).split(';')[0] ?? null;
    }
    return answer;
  }
}

export function cookieIn(answer: Answer<unknown>): string {
  const header = answer.headers['set-cookie'];
  return String(Array.isArray(header) ? header[0] : header);
}

export async function signedIn(server: AccessServer, person: TestPerson): Promise<Browser> {
  const browser = new Browser(server);
  const { status } = await browser.signIn(person.email, person.password);
  if (status !== 200) throw new Error(`sign-in answered ${String(status)}`);
  return browser;
}
