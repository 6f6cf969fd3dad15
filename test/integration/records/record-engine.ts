// The record engine with audit and CRM behaviours over a real database, as a server puts them together.
import { randomUUID } from 'node:crypto';
import { Module, type CanActivate, type DynamicModule, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditModule, AuditTrail } from '../../../src/audit/index.js';
import { CrmModule } from '../../../src/crm/index.js';
import { AppConfig } from '../../../src/platform/config/index.js';
import { createDataSource } from '../../../src/platform/database/index.js';
import { NotAuthenticated } from '../../../src/platform/errors/index.js';
import { createHttpApp, setPrincipal, systemContext } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  ACCESS_POLICY,
  CustomFields,
  partPredicate,
  RecordsModule,
  RecordService,
  rulingOf,
  type AccessPolicy,
  type Permission,
  type RecordAction,
  type RecordTypeMeta,
  type RequestContext,
} from '../../../src/records/index.js';
import { createPrimaryDatabase, createReplicaDatabase, makeTempFolder } from '../../support/index.js';
import type { TestDatabase } from '../../support/index.js';

export interface Rights {
  level: (type: string, action: RecordAction) => Permission;
  hidden: Record<string, ReadonlySet<string>>;
  readOnly: Record<string, ReadonlySet<string>>;
}

const nothing: ReadonlySet<string> = new Set();

/** Rights by user id; SQL like the real policy's. */
export class RightsPolicy implements AccessPolicy {
  readonly byUser = new Map<string, Rights>();

  can(ctx: RequestContext, type: RecordTypeMeta, action: RecordAction): Permission {
    const ruling = rulingOf(type, action);
    return this.rights(ctx)?.level(ruling.type.name, ruling.action) ?? 'all';
  }

  predicate(
    ctx: RequestContext,
    type: RecordTypeMeta,
    action: RecordAction,
    alias: string,
    params: unknown[],
  ): string {
    const ruling = rulingOf(type, action);
    if (ruling.type !== type)
      return partPredicate(type, ruling.type, alias, (whole) =>
        this.predicate(ctx, ruling.type, ruling.action, whole, params),
      );
    const level = this.can(ctx, type, action);
    if (level === 'all') return 'TRUE';
    if (level === 'none') return 'FALSE';
    return `${alias}."owner_id" = $${String(params.push(ctx.principal.userId))}`;
  }

  mayCreateFor(ctx: RequestContext, type: RecordTypeMeta, ownerId: string | null): boolean {
    const level = this.can(ctx, type, 'create');
    return level === 'all' || (level === 'own' && ownerId === ctx.principal.userId);
  }

  hiddenFields(ctx: RequestContext, type: RecordTypeMeta): ReadonlySet<string> {
    return this.rights(ctx)?.hidden[type.name] ?? nothing;
  }

  readOnlyFields(ctx: RequestContext, type: RecordTypeMeta): ReadonlySet<string> {
    return this.rights(ctx)?.readOnly[type.name] ?? nothing;
  }

  hasFlag(ctx: RequestContext): boolean {
    return this.isAdministrator(ctx);
  }

  isAdministrator(ctx: RequestContext): boolean {
    return this.rights(ctx) === undefined;
  }

  private rights(ctx: RequestContext): Rights | undefined {
    return ctx.principal.kind === 'system' ? undefined : this.byUser.get(ctx.principal.userId ?? '');
  }
}

/** Signs in whom the header names; how one proves it is not what these tests are about. */
class HeaderGuard implements CanActivate {
  canActivate(host: ExecutionContext): boolean {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const user = request.headers['x-test-user'];
    if (typeof user !== 'string') throw new NotAuthenticated();
    setPrincipal(request, { kind: 'user', userId: user === 'admin' ? null : user, roles: [], name: user });
    return true;
  }
}

@Module({})
class SurroundingsModule {}

@Module({})
class EngineModule {}

export interface Engine {
  context: INestApplicationContext;
  database: TestDatabase;
  dataSource: DataSource;
  keysFolder: string;
  records: RecordService;
  customFields: CustomFields;
  audit: AuditTrail;
  policy: RightsPolicy;
  /** may do everything */
  admin: RequestContext;
  /** a new person, with the given rights */
  person(rights?: Partial<Rights>): Promise<RequestContext>;
  stop(): Promise<void>;
}

function modules(
  dataSource: DataSource,
  keysFolder: string,
  policy: RightsPolicy,
  isReadOnly: boolean,
  guarded: boolean,
): DynamicModule {
  const surroundings: DynamicModule = {
    module: SurroundingsModule,
    global: true,
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: ACCESS_POLICY, useValue: policy },
      ...(guarded ? [{ provide: APP_GUARD, useClass: HeaderGuard }] : []),
    ],
    exports: [DataSource, ACCESS_POLICY],
  };
  return {
    module: EngineModule,
    imports: [
      surroundings,
      AuditModule.forRoot({ keysFolder }),
      RecordsModule.forRoot({ isReadOnly }),
      CrmModule,
    ],
  };
}

async function connect(url: string, statementTimeoutMs?: number): Promise<DataSource> {
  const dataSource = createDataSource({
    url,
    entities: [],
    poolSize: 5,
    applicationName: 'records test',
    ...(statementTimeoutMs ? { statementTimeoutMs } : {}),
  });
  return dataSource.initialize();
}

export interface EngineOptions {
  /** one more server process over the other's database and keys */
  beside?: Engine;
  statementTimeoutMs?: number;
}

export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const { beside } = options;
  const database = beside?.database ?? (await createPrimaryDatabase());
  const keysFolder = beside?.keysFolder ?? (await makeTempFolder());
  const policy = beside?.policy ?? new RightsPolicy();
  const dataSource = await connect(database.urls.app, options.statementTimeoutMs);
  const context = await NestFactory.createApplicationContext(
    modules(dataSource, keysFolder, policy, false, false),
    { logger: false, abortOnError: false },
  );
  await context.init();
  const records = context.get(RecordService);
  const admin: RequestContext = { ...systemContext('test'), principal: systemContext('test').principal };
  return {
    context,
    database,
    dataSource,
    keysFolder,
    records,
    customFields: context.get(CustomFields),
    audit: context.get(AuditTrail),
    policy,
    admin,
    person: async (rights) => {
      const name = `Person ${randomUUID().slice(0, 8)}`;
      const email = `${name.replace(' ', '.').toLowerCase()}@example.com`;
      const user = await records.create(admin, 'user', { name, email });
      const userId = String(user['id']);
      if (rights) policy.byUser.set(userId, { level: () => 'all', hidden: {}, readOnly: {}, ...rights });
      return { ...admin, principal: { kind: 'user', userId, roles: [], name } };
    },
    stop: async () => {
      await context.close();
      await dataSource.destroy();
      if (!beside) await database.drop();
    },
  };
}

export interface EngineServer {
  app: NestFastifyApplication;
  database: TestDatabase;
  policy: RightsPolicy;
  stop(): Promise<void>;
}

/** The same behind HTTP, with every hook of the platform. */
export async function startEngineServer(role: 'primary' | 'replica' = 'primary'): Promise<EngineServer> {
  const database = await (role === 'primary' ? createPrimaryDatabase() : createReplicaDatabase());
  const policy = new RightsPolicy();
  const dataSource = await connect(role === 'primary' ? database.urls.app : database.urls.replicaApp);
  const feature = modules(dataSource, await makeTempFolder(), policy, role === 'replica', true);
  const config = Object.assign(new AppConfig(), { role });
  const app = await createHttpApp(feature, config, createLogger({ level: 'silent', name: 'test' }));
  return {
    app,
    database,
    policy,
    stop: async () => {
      await app.close();
      await dataSource.destroy();
      await database.drop();
    },
  };
}
