import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openWorld, viewContent, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical }, fields: { revenue: omit, employees: omit } }
  contact: { follows: account }
  deal: { follows: account }
`;

let world: ConnectorWorld;
let lane: TestPublisher;

beforeAll(async () => {
  world = await openWorld();
  await world.activate(POLICY);
  lane = await world.publisher();
});
afterAll(() => world.end());

async function expectEqual(...types: string[]): Promise<void> {
  for (const type of types) expect(world.reader.rows(type)).toEqual(await viewContent(world, type));
}

const account = (values: Record<string, unknown> = {}) =>
  world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'software', ...values });

describe('a delta', () => {
  let parent: string;
  let child: string;

  it('begins with a snapshot of what the policy selects', async () => {
    parent = await account();
    await account({ sector: 'medical', name: 'Clinic' });
    child = await world.insert('crm.contact', { last_name: 'Doe', account_id: parent });
    expect(await lane.settle()).toEqual(['moved-on', 'published', 'idle']);
    const [manifest] = await world.reader.catchUp();
    expect(manifest).toMatchObject({ kind: 'snapshot', generation: 1, n: 1 });
    await expectEqual('account', 'contact', 'deal', 'user');
    expect(world.reader.rows('account').size).toBe(1);
  });

  it('carries inserts, updates and deletes', async () => {
    const second = await account({ name: 'Second' });
    await world.sql(`UPDATE crm.account SET name = 'Renamed "\\ ü' WHERE id = $1`, [parent]);
    await lane.settle();
    await world.reader.catchUp();
    await expectEqual('account');
    await world.sql('DELETE FROM crm.account WHERE id = $1', [second]);
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.lastLines).toContain(`["d","account","${second}"]`);
    await expectEqual('account');
  });

  it('takes a row out when it is recycled and brings it back when it is restored', async () => {
    await world.sql('UPDATE crm.contact SET deleted_at = now() WHERE id = $1', [child]);
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.rows('contact').size).toBe(0);
    await world.sql('UPDATE crm.contact SET deleted_at = NULL WHERE id = $1', [child]);
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.rows('contact').has(child)).toBe(true);
  });

  it('takes the children with a parent that leaves, in the same batch, and brings them back', async () => {
    await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [parent]);
    await lane.settle();
    const [left] = await world.reader.catchUp();
    expect(
      left?.types
        .filter((state) => state.deletes > 0)
        .map((state) => state.type)
        .sort(),
    ).toEqual(['account', 'contact']);
    await expectEqual('account', 'contact');
    await world.sql(`UPDATE crm.account SET sector = NULL WHERE id = $1`, [parent]);
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.rows('contact').has(child)).toBe(true);
    await expectEqual('account', 'contact');
  });

  it('blanks a reference when what it names is no longer selected', async () => {
    const daughter = await account({ name: 'Daughter', parent_id: parent });
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.rows('account').get(daughter)).toContain(`"parent_id":"${parent}"`);
    await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [parent]);
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.rows('account').get(daughter)).toContain('"parent_id":null');
    await expectEqual('account');
    await world.sql(`UPDATE crm.account SET sector = NULL WHERE id = $1`, [parent]);
  });

  it('sends nothing for a row that was touched but not changed, nor for one that is not selected', async () => {
    await lane.settle();
    await world.reader.catchUp();
    await world.sql('UPDATE crm.account SET revenue = 5, name = name WHERE id = $1', [parent]);
    const clinic = await account({ sector: 'medical', name: 'Hospital' });
    await world.sql(`UPDATE crm.account SET name = 'Other hospital' WHERE id = $1`, [clinic]);
    await world.sql('DELETE FROM crm.account WHERE id = $1', [clinic]);
    expect(await lane.settle()).toEqual(['moved-on', 'idle']);
    expect(await world.reader.catchUp()).toEqual([]);
  });

  it('is not made when nothing has changed', async () => {
    expect(await lane.settle()).toEqual(['idle']);
  });

  it('compares whole tables after a TRUNCATE and after a rewrite that no row trigger saw', async () => {
    await world.sql('TRUNCATE crm.contact CASCADE');
    await lane.settle();
    await world.reader.catchUp();
    expect(world.reader.rows('contact').size).toBe(0);
    await world.sql('ALTER TABLE crm.account DISABLE TRIGGER USER');
    await world.sql(`UPDATE crm.account SET name = 'unseen'`);
    await world.sql('ALTER TABLE crm.account ENABLE TRIGGER USER');
    lane.publisher.lookAtTables();
    await lane.settle();
    await world.reader.catchUp();
    await expectEqual('account');
    expect([...world.reader.rows('account').values()][0]).toContain('unseen');
  });

  it('compares a table at every look as long as a trigger is off', async () => {
    await world.sql('ALTER TABLE crm.account DISABLE TRIGGER USER');
    for (const name of ['first', 'second']) {
      await world.sql('UPDATE crm.account SET name = $1', [name]);
      lane.publisher.lookAtTables();
      await lane.settle();
      await world.reader.catchUp();
      await expectEqual('account');
    }
    await world.sql('ALTER TABLE crm.account ENABLE TRIGGER USER');
    expect([...world.reader.rows('account').values()][0]).toContain('second');
  });
});
