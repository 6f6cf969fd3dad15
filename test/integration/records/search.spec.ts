import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { query } from '../../../src/platform/database/index.js';
import { GlobalSearch, recordTypeOf, type RequestContext } from '../../../src/records/index.js';
import { fold } from '../../../src/records/search/fold.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
let search: GlobalSearch;
const ids: Record<string, string> = {};

async function make(type: string, input: Record<string, unknown>): Promise<string> {
  return String((await engine.records.create(engine.admin, type, input))['id']);
}

async function titles(q: string, ctx: RequestContext = engine.admin, types?: string[]): Promise<string[]> {
  const named = types ? { types: types.map((name) => recordTypeOf(name)) } : {};
  const hits = await search.search(ctx, { q, limit: 20, ...named });
  return hits.map(({ title }) => title ?? '');
}

beforeAll(async () => {
  engine = await startEngine();
  search = engine.context.get(GlobalSearch);
  for (const field of [
    { type: 'account', key: 'region', label: 'Region', kind: 'text', searchable: true },
    { type: 'account', key: 'secret', label: 'Secret', kind: 'text' },
  ])
    await engine.customFields.create(engine.admin, field);
  ids['acme'] = await make('account', {
    name: 'Acme Holding & Söhne GmbH',
    sector: 'medical',
    phone: '+49 (30) 123 45-67',
    description: 'Buys scanners for its clinics every spring.',
    custom: { region: 'Bodensee', secret: 'Hintertür' },
  });
  await make('account', { name: 'Deutsche Bank' });
  await make('contact', {
    firstName: 'Anna',
    lastName: 'Müller',
    email: 'anna.m@acme.example',
    jobTitle: 'Buyer',
  });
  await make('contact', { firstName: 'Jon', lastName: 'Johnson', accountId: ids['acme'] });
  await make('contact', { firstName: 'Bernard', lastName: 'Anna' });
  await make('contact', { lastName: 'Łukasz-Şahin', mobile: '0170 555 12 12' });
  await make('deal', { name: 'Renewal 2026', accountId: ids['acme'] });
  await make('activity', { kind: 'note', subject: 'Lunch', body: 'Talked about the Zürich warehouse.' });
});
afterAll(() => engine.stop());

describe('what is found', () => {
  it.each([
    ['muller', ['Anna Müller']],
    ['MÜLLER', ['Anna Müller']],
    ['Mu\u0308ller', ['Anna Müller']],
    ['anna mu', ['Anna Müller']],
    ['bank', ['Deutsche Bank']],
    ['sohne', ['Acme Holding & Söhne GmbH']],
    ['acme holding sohne', ['Acme Holding & Söhne GmbH']],
    ['lukasz', ['Łukasz-Şahin']],
    ['sahin', ['Łukasz-Şahin']],
    ['anna.m@acme', ['Anna Müller']],
    ['zurich', ['Lunch']],
    ['scanner', ['Acme Holding & Söhne GmbH']],
    ['bodensee', ['Acme Holding & Söhne GmbH']],
    ['renewal 2026', ['Renewal 2026']],
    ['hnso', ['Jon Johnson']],
  ])('%s', async (q, expected) => {
    expect(await titles(q)).toEqual(expected);
  });

  it.each(['+49 30 1234567', '0049 30 1234567', '030 1234567', '(030) 123-45 67', '4930123', '1234567'])(
    'the telephone number %s, however it is written',
    async (q) => {
      expect(await titles(q)).toEqual(['Acme Holding & Söhne GmbH']);
    },
  );

  it.each([
    ['johnsen', 'a wrong letter'],
    ['jonhson', 'two swapped'],
    ['johson', 'one left out'],
    ['johnnson', 'one too many'],
    ['jonhs', 'two swapped in a word still being typed'],
  ])('%s, with %s', async (q) => {
    expect(await titles(q)).toEqual(['Jon Johnson']);
  });

  it('puts the whole name first, then names that begin so, then words within, then other fields', async () => {
    expect(await titles('anna')).toEqual(['Anna Müller', 'Bernard Anna']);
    const hits = await search.search(engine.admin, { q: 'acme', limit: 20 });
    expect(hits.map(({ type, title }) => [type, title])).toEqual([
      ['account', 'Acme Holding & Söhne GmbH'],
      ['contact', 'Anna Müller'],
    ]);
    expect(hits[0]?.rank).toBeGreaterThan(hits[1]?.rank ?? 1);
  });

  it('says what tells records apart, and where it was found when the title does not show it', async () => {
    expect(
      await search.search(engine.admin, { q: 'acme', limit: 20, types: [recordTypeOf('contact')] }),
    ).toMatchObject([{ subtitle: 'Buyer', matched: { field: 'email', snippet: 'anna.m@acme.example' } }]);
    expect(await search.search(engine.admin, { q: 'warehouse', limit: 20 })).toMatchObject([
      {
        title: 'Lunch',
        subtitle: 'note',
        matched: { field: 'body', snippet: 'Talked about the Zürich warehouse.' },
      },
    ]);
    expect(await search.search(engine.admin, { q: 'johnson', limit: 20 })).toMatchObject([
      { title: 'Jon Johnson', subtitle: 'Acme Holding & Söhne GmbH', matched: null },
    ]);
  });

  it('keeps to the types that were named, and to the settings where they were', async () => {
    expect(await titles('acme', engine.admin, ['account'])).toHaveLength(1);
    await make('user', { name: 'Zacharias', email: 'z@example.com' });
    expect(await titles('zacharias')).toEqual([]);
    expect(await titles('zacharias', engine.admin, ['user'])).toEqual(['Zacharias']);
  });

  it.each([
    `'`,
    `a' | 'b`,
    `\\`,
    `x:*B`,
    `!!`,
    `%_`,
    `a & !b`,
    `"; DROP TABLE crm.deal; --`,
    `\u{10FFFF}a`,
    'ﷺ ﷺ',
  ])('takes %j as text', async (q) => {
    await expect(titles(q)).resolves.toBeInstanceOf(Array);
  });
});

describe('what may not be seen', () => {
  it('is not found by a field that is hidden, though its index holds the words', async () => {
    const person = await engine.person({
      hidden: {
        contact: new Set(['email']),
        account: new Set(['description', 'custom.region', 'phone']),
        activity: new Set(['body']),
      },
    });
    for (const q of [
      'anna.m@acme',
      'zurich',
      'scanner',
      'bodensee',
      '1234567',
      'bodense',
      'scaner',
      'm@acme',
    ])
      expect([q, await titles(q, person)]).toEqual([q, []]);
    expect(await titles('muller', person)).toEqual(['Anna Müller']);
    expect(await titles('acme', person)).toEqual(['Acme Holding & Söhne GmbH']);
  });

  it('is not found by a custom field that nobody made searchable', async () => {
    expect(await titles('hintertur')).toEqual([]);
  });

  it('is not found by part of a title that is hidden', async () => {
    const person = await engine.person({ hidden: { contact: new Set(['firstName', 'email']) } });
    expect(await titles('anna', person)).toEqual(['Anna']);
    expect(await titles('muller', person)).toEqual(['Müller']);
    expect(await titles('jon johnson', person)).toEqual([]);
  });

  it('is not found where the record belongs to somebody else, nor is its title told beside another', async () => {
    const person = await engine.person({
      level: (type, action) => (action === 'read' && type !== 'deal' ? 'own' : 'all'),
    });
    expect(await titles('acme', person)).toEqual([]);
    const [renewal] = await search.search(person, { q: 'renewal', limit: 20 });
    expect(renewal?.title).toBe('Renewal 2026');
    expect(renewal?.subtitle).not.toContain('Acme');
    const nobody = await engine.person({ level: () => 'none' });
    expect(await titles('acme', nobody)).toEqual([]);
  });

  it('is not found in the recycle bin, and again out of it', async () => {
    const id = await make('account', { name: 'Quagga Ltd' });
    await engine.records.remove(engine.admin, 'account', id);
    expect([await titles('quagga'), await titles('quaga'), await titles('uagg')]).toEqual([[], [], []]);
    await engine.records.restore(engine.admin, 'account', id);
    expect(await titles('quagga')).toEqual(['Quagga Ltd']);
  });
});

describe('lists', () => {
  const names = async (q: string) =>
    (await engine.records.list(engine.admin, 'account', { q, sort: 'name' })).data.map(({ name }) => name);

  it('use the same words in `q`', async () => {
    expect(await names('sohne acm')).toEqual(['Acme Holding & Söhne GmbH']);
    expect(await names('1234567')).toEqual(['Acme Holding & Söhne GmbH']);
    expect(await names('oldin')).toEqual(['Acme Holding & Söhne GmbH']);
    expect(await names('hintertur')).toEqual([]);
  });
});

describe('folding', () => {
  it.each([
    'Müller-Lüdenscheidt & Søn',
    'ÆON œuvre STRASSE straße Þór Ðuro đak İstanbul ısı Ħal',
    'ΣΊΣΥΦΟΣ Σίσυφος',
    'ЁЛКА й',
    'a!b"c#d$e%f&g\'h(i)j*k+l,m-n.o/p:q;r<s=t>u?v@w[x\\y]z^a_b`c{d|e}f~g',
    '  many   spaces ',
    'Ångström Noël Dvořák Łódź ñandú',
  ])('is the same here and in PostgreSQL: %s', async (text) => {
    const [row] = await query<{ folded: string }>(engine.dataSource, 'SELECT crm.search_text($1) AS folded', [
      text,
    ]);
    expect(row?.folded).toBe(fold(text));
  });

  it('uses the indexes', async () => {
    const plan = async (sql: string) =>
      (await engine.database.admin.query<{ 'QUERY PLAN': string }>(
        `SET enable_seqscan = off; EXPLAIN ${sql}`,
      )) as unknown as {
        rows: { 'QUERY PLAN': string }[];
      }[];
    const { rows } = (
      await plan(
        `SELECT id FROM crm.deal t WHERE t.deleted_at IS NULL AND (crm.search_text(coalesce(t."name", ''::text))) COLLATE "C" >= 'a'
         AND (crm.search_text(coalesce(t."name", ''::text))) COLLATE "C" < 'b' LIMIT 5`,
      )
    )[1] ?? { rows: [] };
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('deal_title_idx');
  });
});
