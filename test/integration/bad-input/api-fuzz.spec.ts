// Every operation of the API document with what its schema allows, and with what it does not. No answer is a 500, each
// fits the document, and none holds a secret.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ApiDocument, type Document, type Operation, type Parameter } from '../access/api-document.js';
import { undescribed } from '../access/api-matrix.expectations.js';
import {
  HttpClient,
  makeUser,
  startPrimary,
  type HttpCall,
  type WholeServer,
} from '../access/whole-server.js';

/** Enough to find a forgotten check, few enough for every run of the tests; more with HOLDFAST_FUZZ_RUNS. */
const runs = Number(process.env.HOLDFAST_FUZZ_RUNS ?? 4);

type Schema = Record<string, unknown>;

const nasty = fc.constantFrom<unknown>(
  ...[
    '',
    ' ',
    '\u0000',
    '\ud800',
    "' OR 1=1 --",
    '../../etc/passwd',
    '%00',
    '{{7*7}}',
    '$(id)',
    '💥'.repeat(50),
  ],
  ...['__proto__', 'constructor', 'null', 'undefined', 'NaN', 'a'.repeat(5000), '2026-02-30', '1e400', '-0'],
  ...[0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 63, true, false, null],
  ...[[], {}, [[]], [null], { a: { b: {} } }, { length: 5 }, { toString: 1 }, { then: 1 }],
);

const anything = fc.oneof({ weight: 3, arbitrary: nasty }, fc.jsonValue({ maxDepth: 3 }));

let server: WholeServer;
let admin: HttpClient;
let api: ApiDocument;
let ids: string[];
let secrets: string[];

beforeAll(async () => {
  server = await startPrimary();
  const person = await makeUser(server, 'administrator');
  admin = await HttpClient.signedIn(server, person);
  const made = await admin.call('/api/v1/accounts', { method: 'POST', body: { name: 'Acme' } });
  ids = [(made.json as { id: string }).id, person.id, '018f0000-0000-7000-8000-000000000000'];
  api = new ApiDocument((await admin.call('/api/openapi.json')).json as Document);
  const passwords = [
    server.config.database.url,
    server.config.database.maintainerUrl ?? '',
    server.config.queue.databaseUrl ?? '',
  ];
  const { rows } = await server.database.admin.query<{ hash: string }>(
    'SELECT password_hash AS hash FROM access.credential',
  );
  secrets = [
    ...passwords.map((url) => new URL(url).password),
    ...rows.map(({ hash }) => hash),
    ...[person.password, '$argon2id$', server.folder],
  ];
});
afterAll(() => server.stop());

const schemas = () =>
  (api.document as unknown as { components: { schemas: Record<string, Schema> } }).components.schemas;

/** Values that mostly fit the schema, so that they come past the first check. */
function fitting(schema: Schema | undefined, depth = 0): fc.Arbitrary<unknown> {
  if (!schema || depth > 4) return anything;
  const { $ref, enum: options, type, properties, items } = schema;
  if (typeof $ref === 'string') return fitting(schemas()[$ref.split('/').at(-1) ?? ''], depth + 1);
  if (Array.isArray(options)) return fc.constantFrom(...(options as unknown[]));
  const kind = Array.isArray(type) ? (type as string[])[0] : type;
  if (schema.format === 'uuid') return fc.constantFrom(...ids);
  if (schema.format === 'date') return fc.constantFrom('2026-02-28', '0001-01-01', '9999-12-31');
  if (schema.format === 'date-time')
    return fc.constantFrom('2026-02-28T10:00:00Z', '9999-12-31T23:59:59.999Z');
  if (kind === 'integer' || kind === 'number') return fc.integer({ min: -5, max: 2_000_000_000 });
  if (kind === 'boolean') return fc.boolean();
  if (kind === 'array') return fc.array(fitting(items as Schema, depth + 1), { maxLength: 3 });
  if (kind === 'object' && properties) {
    const members = Object.entries(properties as Record<string, Schema>);
    return fc.record(
      Object.fromEntries(
        members.map(([name, part]) => [
          name,
          fc.oneof({ weight: 4, arbitrary: fitting(part, depth + 1) }, anything),
        ]),
      ),
      { requiredKeys: (schema.required as string[] | undefined) ?? [] },
    );
  }
  return fc.string({ unit: 'grapheme', maxLength: 20 });
}

const text = (value: unknown) =>
  typeof value === 'string' ? value : ((JSON.stringify(value) as string | undefined) ?? '');
/** A header takes what is printable and nothing else; what is not never leaves the client. */
const headerText = (value: unknown) => text(value).replaceAll(/[^\x20-\x7e]/g, '?');

function callOf({
  method,
  path,
  facts,
  parameters,
}: Operation): fc.Arbitrary<{ url: string; call: HttpCall }> {
  const parameterValue = (parameter: Parameter) =>
    fc.oneof({ weight: 2, arbitrary: fitting(parameter.schema as Schema | undefined) }, nasty);
  const known = parameters.filter(({ in: place }) => place !== 'path');
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const media = Object.entries(facts.requestBody?.content ?? {})[0];
  return fc
    .record({
      path: fc.tuple(...inPath.map(() => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ids) }, nasty))),
      values: fc.tuple(...known.map((parameter) => fc.option(parameterValue(parameter), { nil: undefined }))),
      body: media
        ? fc.oneof({ weight: 4, arbitrary: fitting(media[1].schema as Schema) }, anything)
        : fc.constant(undefined),
      stranger: fc.option(fc.tuple(fc.string({ maxLength: 10 }), nasty), { nil: undefined, freq: 6 }),
    })
    .map(({ path: places, values, body, stranger }) => {
      let at = 0;
      const url = path.replaceAll(
        /\{\w+\}/g,
        () => encodeURIComponent(text(places[at++]).toWellFormed().slice(0, 150)) || 'x',
      );
      const query = new URLSearchParams();
      const headers: Record<string, string> = {};
      known.forEach((parameter, index) => {
        const value = values[index];
        if (value === undefined) return;
        if (parameter.in === 'header') headers[parameter.name.toLowerCase()] = headerText(value);
        else query.set(parameter.name, text(value).slice(0, 2000));
      });
      if (stranger) query.set(stranger[0], text(stranger[1]).slice(0, 500));
      const call: HttpCall = { method: method.toUpperCase(), headers };
      if (media && body !== undefined)
        Object.assign(call, {
          body: media[0].includes('json') ? JSON.stringify(body) : text(body),
          contentType: media[0],
        });
      return { url: query.size > 0 ? `${url}?${query.toString()}` : url, call };
    });
}

/** Ends the session of the test, or changes what the other calls need. */
const leftAlone = new Set([
  'post /api/v1/auth/sign-out',
  'put /api/v1/users/{id}/roles',
  'post /api/v1/users/{id}/password',
  'delete /api/v1/users/{id}',
]);
const leftAloneUser = new Set(['patch /api/v1/users/{id}']);
/** An unready server says so with a 503, which is no fault. */
const mayBe503 = new Set(['get /readyz']);

describe('any input to any operation', () => {
  it('gets an answer of the document, never a 500 and never a secret', async () => {
    const wrong: string[] = [];
    let calls = 0;
    for (const operation of api.operations) {
      const name = `${operation.method} ${operation.path}`;
      if (leftAlone.has(name) || leftAloneUser.has(name)) continue;
      await fc.assert(
        fc.asyncProperty(callOf(operation), async ({ url, call }) => {
          calls += 1;
          const answer = await admin.call(url, call);
          const told = `${name} ${url.slice(0, 200)} ${text(call.body).slice(0, 300)}: ${String(answer.status)} ${answer.text.slice(0, 300)}`;
          if (answer.status >= 500 && !mayBe503.has(name)) wrong.push(told);
          if (
            answer.status >= 400 &&
            !mayBe503.has(name) &&
            !(answer.headers.get('content-type') ?? '').includes('problem+json')
          )
            wrong.push(`no problem document: ${told}`);
          for (const secret of secrets)
            if (answer.text.includes(secret) && !text(call.body).includes(secret))
              wrong.push(`a secret: ${told}`);
          const isTold = undescribed.has(name) && (answer.status < 300 || mayBe503.has(name));
          const mismatch = isTold ? null : api.mismatch(operation, answer);
          // A custom field made by the fuzzer is a new member of records.
          const isNew = !wrong.some((one) => one.startsWith(`${mismatch ?? ''}: ${name}`));
          if (mismatch !== null && isNew && !mismatch.includes('custom must NOT'))
            wrong.push(`${mismatch}: ${told}`);
        }),
        { numRuns: runs, verbose: false },
      );
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(calls).toBeGreaterThan(60 * runs);
    expect((await admin.call('/api/v1/me')).status).toBe(200);
    const crashed = server.logLines.filter((line) => line.includes('"internal_error"'));
    expect(crashed.slice(0, 5)).toEqual([]);
  }, 300_000);

  it.each(['2147483648', '9223372036854775808', '-2147483649', '1e300', '1/9999999999'])(
    'gets no 500 for %s, wherever a number, a place or a name may stand',
    async (value) => {
      const wrong: string[] = [];
      for (const { method, path, parameters } of api.operations) {
        if (method !== 'get') continue;
        const places = [...path.matchAll(/\{\w+\}/g)].map(([place]) => place);
        const optional = parameters.filter(({ in: where }) => where === 'query').map(({ name }) => name);
        const urls = [
          ...places.map((wild) =>
            places.reduce(
              (url, place) => url.replace(place, place === wild ? encodeURIComponent(value) : '1'),
              path,
            ),
          ),
          ...optional.map(
            (name) => `${path.replaceAll(/\{\w+\}/g, '1')}?${name}=${encodeURIComponent(value)}`,
          ),
        ];
        for (const url of urls) {
          const { status, text: body } = await admin.call(url);
          if (status >= 500 && !mayBe503.has(`${method} ${path}`))
            wrong.push(`${url}: ${String(status)} ${body.slice(0, 300)}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it('leaves no secret in the log', () => {
    const log = server.logLines.join('\n');
    expect(server.logLines.length).toBeGreaterThan(50);
    for (const secret of secrets.filter((one) => one !== server.folder && one !== ''))
      expect(log.includes(secret)).toBe(false);
  });
});
