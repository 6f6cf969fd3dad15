import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { AuditSealer } from '../../../src/audit/index.js';
import { ApiDocument, type Document, type Operation } from './api-document.js';
import {
  expectations,
  newFile,
  newImport,
  replicaExpectations,
  typeLines,
  undescribed,
  type Expectation,
} from './api-matrix.expectations.js';
import { routesOf } from './served-routes.js';
import {
  carryOver,
  giveReplicaPassword,
  HttpClient,
  makeUser,
  startPrimary,
  startReplica,
  type Credentials,
  type WholeServer,
} from './whole-server.js';

type Role = 'administrator' | 'sales';
type Call = Operation & { real: string };

/** The document itself and its pages. */
const notOperations = new Set([
  'get /api/openapi.json',
  'get /api/docs',
  'get /api/docs/start.js',
  'get /api/docs/index.html',
  'get /api/docs/{file}',
]);
const nameOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;
const callName = ({ method, real }: Call): string => `${method} ${real}`;

/** One route serves all types; what it answers hangs on the type. */
function forEachType(operation: Operation): Call[] {
  if (!operation.path.includes('{plural}')) return [{ ...operation, real: operation.path }];
  return Object.keys(typeLines).map((plural) => ({
    ...operation,
    real: operation.path.replace('{plural}', plural),
  }));
}

function typeExpectation({ method, real }: Call): Expectation | undefined {
  const [, , , plural = '', id, action] = real.split('/');
  const line = typeLines[plural];
  if (!line) return undefined;
  if (id === undefined)
    return method === 'post'
      ? { administrator: 201, sales: line.create, body: line.body }
      : { administrator: 200, sales: line.list };
  if (action === 'restore') return { administrator: 200, sales: line.restore };
  if (action === 'attachments')
    return method === 'post'
      ? { administrator: 201, sales: line.patch, ...newFile }
      : { administrator: 200, sales: line.timeline };
  if (action === 'followers') return { administrator: 200, sales: line.get };
  if (action === 'follow' && method === 'put')
    return { administrator: 204, sales: line.get === 200 ? 204 : line.get };
  // what one can no longer see one can still leave
  if (action === 'follow') return { administrator: 204, sales: 204 };
  if (action === 'timeline') return { administrator: 200, sales: line.timeline };
  if (action !== undefined) return undefined;
  if (method === 'get') return { administrator: 200, sales: line.get };
  if (method === 'patch') return { administrator: 200, sales: line.patch, body: line.patchBody };
  return { administrator: 204, sales: line.delete };
}

const onPrimary = (call: Call): Expectation | undefined =>
  expectations[nameOf(call)] ?? typeExpectation(call);

function onReplica(call: Call): Expectation | undefined {
  const own = replicaExpectations[nameOf(call)];
  if (own) return own;
  const there = onPrimary(call);
  if (call.method === 'get') return nameOf(call) in expectations ? undefined : there;
  return there && { ...there, administrator: 405, sales: 405, nobody: 405 };
}

/** `$deal` → the id of a new deal of the administrator's. */
async function withRecords(text: string, maker: HttpClient): Promise<string> {
  let full = text;
  for (const name of ['deal', 'campaign', 'lead']) {
    if (!full.includes(`$${name}`)) continue;
    const made = await maker.call(`/api/v1/${name}s`, { method: 'POST', body: typeLines[`${name}s`]?.body });
    full = full.replaceAll(`$${name}`, (made.json as { id: string }).id);
  }
  return full;
}

/** One server with its people, its document, and records to call the operations on. */
class Matrix {
  document!: ApiDocument;
  calls: Call[] = [];
  private counter = 0;
  private pipeline = '';

  constructor(
    readonly server: WholeServer,
    readonly people: Record<Role, Credentials>,
    private readonly maker: HttpClient,
    private readonly expectationOf: (call: Call) => Expectation | undefined,
    /** On a replica every record must be there before: these, by the type's plural. */
    private readonly records: Record<string, string> | null = null,
  ) {}

  async open(): Promise<this> {
    const admin = await HttpClient.signedIn(this.server, this.people.administrator);
    const answer = await admin.call('/api/openapi.json');
    this.document = new ApiDocument(answer.json as Document);
    this.calls = this.document.operations.flatMap(forEachType);
    const pipelines = (await admin.call('/api/v1/pipelines')).json as { data: { id: string }[] };
    this.pipeline = pipelines.data[0]?.id ?? '';
    return this;
  }

  unexpected(): string[] {
    return this.calls.filter((call) => !this.expectationOf(call)).map(callName);
  }

  undocumented(): string[] {
    const documented = new Set(this.calls.flatMap((call) => [nameOf(call), callName(call)]));
    const engine = /^\w+ \/api\/v1\/\{plural\}/;
    const routes = routesOf(this.server.app.get(ModulesContainer, { strict: false }));
    expect(routes.length).toBeGreaterThan(20);
    return routes
      .flatMap((route) =>
        engine.test(route)
          ? Object.keys(typeLines).map((plural) => route.replace('{plural}', plural))
          : [route],
      )
      .filter((route) => !documented.has(route) && !notOperations.has(route));
  }

  private async filled(body: object | string): Promise<object | string> {
    this.counter += 1;
    const text = (typeof body === 'string' ? body : JSON.stringify(body))
      .replaceAll('#', String(this.counter))
      .replaceAll('$pipeline', this.pipeline);
    const full = await withRecords(text, this.maker);
    return typeof body === 'string' ? full : (JSON.parse(full) as object);
  }

  /** A fresh record of the administrator's, in the recycle bin where the operation restores. */
  private async target({ real }: Call, expected: Expectation): Promise<string> {
    const [, , , plural = '', , action = ''] = real.split('/');
    const place = expected.of === 'import' ? 'imports' : typeLines[plural] ? plural : 'users';
    if (this.records) return this.records[expected.of === 'attachment' ? 'attachments' : place] ?? '';
    if (expected.of === 'attachment') return addFile(this.maker, action === 'restore');
    const body = expected.of === 'import' ? newImport : await this.filled(typeLines[place]?.body ?? {});
    const made = await this.maker.call(`/api/v1/${place}`, { method: 'POST', body });
    if (made.status !== 201) throw new Error(`${place}: ${made.text}`);
    const { id } = made.json as { id: string };
    if (action === 'restore') await this.maker.call(`/api/v1/${place}/${id}`, { method: 'DELETE' });
    return id;
  }

  /** Calls everything as one person; answers what is not as the table and the document say. */
  async run(as: Role | 'nobody'): Promise<string[]> {
    const wrong: string[] = [];
    let client = new HttpClient(this.server);
    for (const call of this.calls) {
      const expected = this.expectationOf(call);
      if (!expected) continue;
      // Signing out ends a session, and so may a change of passwords.
      const isFresh = call === this.calls[0] || call.path.includes('/auth/');
      if (as !== 'nobody' && isFresh) client = await HttpClient.signedIn(this.server, this.people[as]);
      let path = call.real;
      for (const [name, value] of Object.entries(expected.parameters ?? {}))
        path = path.replace(`{${name}}`, value);
      if (path.includes('{id}')) path = path.replace('{id}', await this.target(call, expected));
      const answer = await client.call(path + (expected.search ?? ''), {
        method: call.method.toUpperCase(),
        ...(expected.body ? { body: await this.filled(expected.body) } : {}),
        ...(expected.contentType ? { contentType: expected.contentType } : {}),
        headers: { 'if-match': '"1"' },
      });
      if (call.path.includes('/auth/') && as !== 'nobody')
        client = await HttpClient.signedIn(this.server, this.people[as]);
      const status = as === 'nobody' ? (expected.nobody ?? 401) : expected[as];
      if (answer.status !== status)
        wrong.push(
          `${callName(call)}: ${String(answer.status)} instead of ${String(status)} ${answer.text.slice(0, 300)}`,
        );
      // A custom field is a new member of records, in the document too.
      if (call.path.includes('/custom-fields')) await this.open();
      const isGood = answer.status < 300 || call.path === '/readyz';
      if (undescribed.has(nameOf(call)) && isGood) continue;
      const mismatch = this.document.mismatch(call, answer);
      if (mismatch !== null) wrong.push(`${callName(call)}: ${mismatch}`);
    }
    return wrong;
  }
}

/** On a fresh account. */
async function addFile(maker: HttpClient, isDeleted: boolean): Promise<string> {
  const account = await maker.call('/api/v1/accounts', { method: 'POST', body: { name: 'With a file' } });
  const { id: accountId } = account.json as { id: string };
  const { search, ...file } = newFile;
  const made = await maker.call(`/api/v1/accounts/${accountId}/attachments${search}`, {
    method: 'POST',
    ...file,
  });
  if (made.status !== 201) throw new Error(`attachments: ${made.text}`);
  const { id } = made.json as { id: string };
  if (isDeleted) await maker.call(`/api/v1/attachments/${id}`, { method: 'DELETE' });
  return id;
}

let primary: WholeServer;
let replica: WholeServer;
let people: Record<Role, Credentials>;
let admin: HttpClient;
let records: Record<string, string>;

beforeAll(async () => {
  primary = await startPrimary();
  people = {
    administrator: await makeUser(primary, 'administrator'),
    sales: await makeUser(primary, 'sales'),
  };
  admin = await HttpClient.signedIn(primary, people.administrator);
  records = {};
  for (const [plural, { body }] of Object.entries(typeLines)) {
    const list = (await admin.call('/api/v1/pipelines')).json as { data: { id: string }[] };
    const text = JSON.stringify(body)
      .replaceAll('#', 'first')
      .replaceAll('$pipeline', list.data[0]?.id ?? '');
    const whole = await withRecords(text, admin);
    const made = await admin.call(`/api/v1/${plural}`, { method: 'POST', body: whole });
    records[plural] = (made.json as { id: string }).id;
  }
  records['attachments'] = await addFile(admin, false);
  await admin.call('/api/v1/custom-fields', {
    method: 'POST',
    body: { type: 'account', key: 'region', label: 'Region', kind: 'text', classification: 'public' },
  });
  // else the first checkpoint would come some time within the next minute
  await primary.app.get(AuditSealer, { strict: false }).seal();
  replica = await startReplica();
});
afterAll(async () => {
  await primary.stop();
  await replica.stop();
});

describe.each(['primary', 'replica'] as const)('X10 every operation of the API document of a %s', (role) => {
  let matrix: Matrix;
  beforeAll(async () => {
    if (role === 'primary') {
      matrix = await new Matrix(primary, people, admin, onPrimary).open();
      return;
    }
    const abroad = {
      administrator: await giveReplicaPassword(primary, people.administrator),
      sales: await giveReplicaPassword(primary, people.sales),
    };
    await carryOver(primary, replica);
    matrix = await new Matrix(replica, abroad, admin, onReplica, records).open();
  });

  it('has an expectation, and no expectation lacks its operation', () => {
    expect(matrix.unexpected()).toEqual([]);
    const known = new Set(matrix.document.operations.map(nameOf));
    const table = role === 'primary' ? expectations : replicaExpectations;
    expect(Object.keys(table).filter((name) => !known.has(name))).toEqual([]);
    expect(matrix.calls.length).toBeGreaterThan(70);
  });

  it('has every route of every controller', () => {
    expect(matrix.undocumented()).toEqual([]);
  });

  it('has a document in the JSON Schema of OpenAPI 3.1, which knows no "nullable"', () => {
    expect(JSON.stringify(matrix.document.document).match(/"nullable":/g) ?? []).toEqual([]);
  });

  it.each(['nobody', 'administrator', 'sales'] as const)(
    'answers %s as the table and the document say',
    async (as) => {
      expect(await matrix.run(as)).toEqual([]);
    },
  );
});
