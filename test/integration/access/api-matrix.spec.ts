import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { CrmModule } from '../../../src/crm/crm.module.js';
import { OpenApiService } from '../../../src/records/openapi/openapi.service.js';
import { CloudModule } from '../../../src/replication/cloud/cloud.module.js';
import {
  Browser,
  makePerson,
  signedIn,
  startAccessServer,
  type AccessServer,
  type TestPerson,
} from './access-server.js';
import { expectations, typeLines, type Expectation } from './api-matrix.expectations.js';

interface Document {
  paths: Record<string, Record<string, unknown>>;
}
interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
}
const methods: readonly string[] = ['get', 'post', 'put', 'patch', 'delete'];

/** One route serves the timelines of all types; what it answers hangs on the type. */
function forEachType(operation: Operation): Operation[] {
  if (!operation.path.includes('{plural}')) return [operation];
  return Object.keys(typeLines).map((plural) => ({
    ...operation,
    path: operation.path.replace('{plural}', plural),
  }));
}

/** The document itself, its pages, and the test's own probe. */
const notOperations = new Set([
  'get /api/openapi.json',
  'get /api/docs',
  'get /api/docs/start.js',
  'get /api/docs/index.html',
  'get /api/docs/{file}',
  'get /api/v1/probe',
  'post /api/v1/probe',
  'post /api/v1/probe/users',
]);

/** What Nest serves, whether the document knows of it or not. */
function routesOf(modules: ModulesContainer): Operation[] {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => {
    const prototype = (metatype as new () => object).prototype as Record<string, object>;
    const base = Reflect.getMetadata(PATH_METADATA, metatype as object) as string;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const method = Reflect.getMetadata(METHOD_METADATA, prototype[name] ?? {}) as RequestMethod | undefined;
      if (method === undefined) return [];
      const path = Reflect.getMetadata(PATH_METADATA, prototype[name] ?? {}) as string;
      const full = `/${[base, path]
        .map((part) => part.replace(/^\/|\/$/g, ''))
        .filter(Boolean)
        .join('/')}`;
      const route = { method: RequestMethod[method].toLowerCase(), path: full.replace(/:(\w+)/g, '{$1}') };
      return [route as Operation];
    });
  });
}
const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

describe('X10 every operation of the API document', () => {
  let server: AccessServer;
  let people: Record<'administrator' | 'sales', TestPerson>;
  let admin: Browser;
  let operations: Operation[];
  let pipeline: string;
  let counter = 0;

  beforeAll(async () => {
    server = await startAccessServer({}, undefined, ({ urls }) => [
      CrmModule,
      CloudModule.forRoot({ maintainerUrl: urls.maintainer }),
    ]);
    server.app.get(OpenApiService).include(server.app);
    people = {
      administrator: await makePerson(server, 'administrator'),
      sales: await makePerson(server, 'sales'),
    };
    admin = await signedIn(server, people.administrator);
    const answer = await server.app.inject({
      url: '/api/openapi.json',
      headers: { cookie: admin.cookie ?? '' },
    });
    const { paths } = answer.json<Document>();
    operations = Object.entries(paths)
      .flatMap(([path, item]) => Object.keys(item).map((method) => ({ method, path }) as Operation))
      .filter(({ method }) => methods.includes(method))
      .flatMap(forEachType);
    const pipelines = await admin.call<{ data: { id: string }[] }>('/pipelines');
    pipeline = pipelines.body.data[0]?.id ?? '';
  });
  afterAll(() => server.stop());

  const filled = (body: object): object => {
    counter += 1;
    const text = JSON.stringify(body).replaceAll('#', String(counter)).replaceAll('$pipeline', pipeline);
    return JSON.parse(text) as object;
  };

  /** A fresh record of the administrator's, in the recycle bin where the operation restores. */
  async function makeRecord(plural: string, action: string): Promise<string> {
    const line = typeLines[plural] ?? typeLines.users;
    const target = typeLines[plural] ? plural : 'users';
    const made = await admin.call<{ id: string }>(`/${target}`, {
      method: 'POST',
      body: filled(line?.body ?? {}),
    });
    if (made.status !== 201) throw new Error(`${target}: ${JSON.stringify(made.body)}`);
    if (action === 'restore') await admin.call(`/${target}/${made.body.id}`, { method: 'DELETE' });
    return made.body.id;
  }

  function typeExpectation({ method, path }: Operation): Expectation | undefined {
    const [, , , plural = '', id, action] = path.split('/');
    const line = typeLines[plural];
    if (!line) return undefined;
    if (id === undefined)
      return method === 'post'
        ? { administrator: 201, sales: line.create, body: line.body }
        : { administrator: 200, sales: line.list };
    if (action === 'restore') return { administrator: 200, sales: line.restore };
    if (action === 'timeline') return { administrator: 200, sales: line.timeline };
    if (action !== undefined) return undefined;
    if (method === 'get') return { administrator: 200, sales: line.get };
    if (method === 'patch') return { administrator: 200, sales: line.patch, body: line.patchBody };
    return { administrator: 204, sales: line.delete };
  }

  async function callAs(browser: Browser, operation: Operation, expected: Expectation): Promise<number> {
    const [, , , plural = '', , action = ''] = operation.path.split('/');
    let path = operation.path.replace('/api/v1', '');
    for (const [name, value] of Object.entries(expected.parameters ?? {}))
      path = path.replace(`{${name}}`, value);
    if (path.includes('{id}')) path = path.replace('{id}', await makeRecord(plural, action));
    const answer = await browser.call(path, {
      method: operation.method.toUpperCase() as 'GET',
      ...(expected.body ? { body: filled(expected.body) } : {}),
      headers: { 'if-match': '"1"' },
    });
    return answer.status;
  }

  const expectationOf = (operation: Operation): Expectation | undefined =>
    expectations[nameOf(operation)] ?? typeExpectation(operation);

  it('has an expectation, and no expectation lacks its operation', () => {
    const without = operations.filter((operation) => !expectationOf(operation)).map(nameOf);
    expect(without).toEqual([]);
    const known = new Set(operations.map(nameOf));
    expect(Object.keys(expectations).filter((name) => !known.has(name))).toEqual([]);
    expect(operations.length).toBeGreaterThan(70);
  });

  it('lists every route of every controller', () => {
    const documented = new Set(operations.map(nameOf));
    const routes = routesOf(server.app.get(ModulesContainer, { strict: false }));
    expect(routes.length).toBeGreaterThan(30);
    const missing = routes
      .flatMap(forEachType)
      .map(nameOf)
      .filter((name) => !documented.has(name) && !notOperations.has(name));
    expect(missing).toEqual([]);
  });

  it('answers nobody with 401', async () => {
    const wrong: string[] = [];
    for (const operation of operations) {
      const expected = expectationOf(operation);
      if (!expected) continue;
      const status = await callAs(new Browser(server), operation, expected);
      if (status !== (expected.nobody ?? 401)) wrong.push(`${nameOf(operation)}: ${String(status)}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(['administrator', 'sales'] as const)('answers the role %s as the table says', async (role) => {
    const wrong: string[] = [];
    for (const operation of operations) {
      const expected = expectationOf(operation);
      if (!expected) continue;
      await server.database.admin.query('DELETE FROM access.sign_in_attempt');
      const browser = await signedIn(server, people[role]);
      const status = await callAs(browser, operation, expected);
      if (status !== expected[role])
        wrong.push(`${nameOf(operation)}: ${String(status)} instead of ${String(expected[role])}`);
    }
    expect(wrong).toEqual([]);
  });
});
