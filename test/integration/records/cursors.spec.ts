import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RecordDatabase } from '../../../src/records/sql/record-database.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
const total = 230;

beforeAll(async () => {
  engine = await startEngine();
  await engine.customFields.create(engine.admin, {
    type: 'account',
    key: 'score',
    label: 'Score',
    kind: 'decimal',
  });
  await engine.customFields.create(engine.admin, {
    type: 'account',
    key: 'region',
    label: 'Region',
    kind: 'text',
  });
  // many ties, many empty values, letters of all sorts
  const inputs = Array.from({ length: total }, (_, n) => ({
    name: `${['ä', 'a', 'B', 'b', 'Z', '_', '10', '9'][n % 8] ?? ''} ${String(n % 30)}`,
    employees: n % 3 === 0 ? null : n % 7,
    sector: n % 4 === 0 ? null : ['x', 'Y', 'z'][n % 3],
    revenue: n % 5 === 0 ? null : { amount: `${String(n % 11)}.5`, currency: 'USD' },
    custom: n % 6 === 0 ? {} : { score: `${String(n % 9)}.25`, region: ['N', 's'][n % 2] },
  }));
  await engine.records.createMany(engine.admin, 'account', inputs);
});
afterAll(() => engine.stop());

async function walk(
  sort: string | undefined,
  limit: number,
  between?: () => Promise<unknown>,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await engine.records.list(engine.admin, 'account', {
      limit,
      ...(sort === undefined ? {} : { sort }),
      ...(cursor === null ? {} : { cursor }),
    });
    ids.push(...page.data.map(({ id }) => String(id)));
    cursor = page.page.nextCursor;
    await between?.();
  } while (cursor !== null);
  return ids;
}

/** The same order in one statement of PostgreSQL's own. */
async function expected(order: string): Promise<string[]> {
  const { rows } = await engine.database.admin.query<{ id: string }>(
    `SELECT id FROM crm.account WHERE deleted_at IS NULL ORDER BY ${order}`,
  );
  return rows.map(({ id }) => id);
}

describe('walking a list page by page', () => {
  it.each([
    [undefined, 'id DESC'],
    ['id', 'id'],
    ['name', 'name, id'],
    ['-name', 'name DESC, id DESC'],
    ['employees', 'employees NULLS LAST, id'],
    ['-employees', 'employees DESC NULLS LAST, id DESC'],
    ['-employees,name', 'employees DESC NULLS LAST, name, id'],
    ['employees,-sector', 'employees NULLS LAST, sector DESC NULLS LAST, id DESC'],
    ['sector,-employees,name', 'sector NULLS LAST, employees DESC NULLS LAST, name, id'],
    ['-revenue', 'revenue DESC NULLS LAST, id DESC'],
    ['custom.score', "crm.custom_decimal(custom, 'score') NULLS LAST, id"],
    [
      '-custom.region,custom.score',
      "crm.custom_text(custom, 'region') DESC NULLS LAST, crm.custom_decimal(custom, 'score') NULLS LAST, id",
    ],
    ['-createdAt', 'created_at DESC, id DESC'],
    ['-id,name', 'id DESC'],
  ])('sorted by %s shows every record once, in order', async (sort, order) => {
    const inOrder = await expected(order);
    for (const limit of [1, 7, 50, 200]) expect(await walk(sort, limit)).toEqual(inOrder);
  });

  it('shows what was there from the start exactly once while others come and go', async () => {
    for (const sort of ['-employees', 'employees', 'name', '-custom.score']) {
      const before = await expected('id');
      let n = 0;
      const seen = await walk(sort, 20, async () => {
        n += 1;
        await engine.records.create(engine.admin, 'account', {
          name: `new ${String(n)}`,
          employees: n % 2 ? n : null,
        });
      });
      expect(new Set(seen).size).toBe(seen.length);
      for (const id of before) expect(seen).toContain(id);
    }
  });

  it('refuses cursors that are foreign, cut, forged or of another order', async () => {
    const page = await engine.records.list(engine.admin, 'account', { sort: 'employees', limit: 1 });
    const cursor = page.page.nextCursor ?? '';
    const forge = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
    const id = String(page.data[0]?.['id']);
    for (const wrong of [
      '',
      'x',
      '%%%',
      cursor.slice(0, -4),
      forge('employees,id', '1; DROP TABLE x', id),
      forge('employees,id', 1, id),
      forge('employees,id', '1', 'x'),
      forge('employees,id', '1'),
      forge('employees,id', '99999999999', id),
      forge('name,id', 'a', id),
      forge({}),
      'A'.repeat(9000),
    ])
      await expect(
        engine.records.list(engine.admin, 'account', { sort: 'employees', cursor: wrong }),
      ).rejects.toMatchObject({ httpStatus: 400, errors: [{ path: 'cursor' }] });
    await expect(
      engine.records.list(engine.admin, 'account', { sort: '-employees', cursor }),
    ).rejects.toMatchObject({ httpStatus: 400 });
  });

  it('reads each page of a large list through the index of its sort', async () => {
    await engine.database.admin.query(`
      INSERT INTO crm.account (id, created_at, updated_at, name, kind, sector)
      SELECT gen_random_uuid(), now(), now(), md5(n::text), 'customer', CASE WHEN n % 3 > 0 THEN md5(n::text) END
      FROM generate_series(1, 100000) n; ANALYZE crm.account`);
    const database = engine.context.get(RecordDatabase);
    const read = jest.spyOn(database, 'read');
    for (const sort of ['name', '-name', 'sector', '-sector', '-updatedAt', undefined]) {
      const query = { limit: 50, ...(sort ? { sort } : {}) };
      const first = await engine.records.list(engine.admin, 'account', query);
      await engine.records.list(engine.admin, 'account', { ...query, cursor: first.page.nextCursor ?? '' });
    }
    expect(read.mock.calls).toHaveLength(12);
    for (const [text, params] of read.mock.calls) {
      const { rows } = await engine.database.admin.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [
        ...params,
      ]);
      const plan = JSON.stringify(rows);
      expect(plan).not.toContain('Seq Scan');
      // a page and one more from each of at most two branches, never the table
      for (const [, scanned] of plan.matchAll(/"Actual Rows":\s*([\d.]+)/g))
        expect(Number(scanned)).toBeLessThan(110);
    }
    const counted = await engine.records.list(engine.admin, 'account', { count: 'capped', limit: 1 });
    expect(counted.page).toMatchObject({ count: 10_000, countCapped: true });
  });
});
