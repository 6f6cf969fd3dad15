import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ImportsWorld } from './imports-world.js';

let world: ImportsWorld;

beforeAll(async () => {
  world = await ImportsWorld.open();
});
afterAll(() => world.close());

/** mapping, file, rows that become records, rows passed over */
const files = [
  ['01-people.yaml', 'maven-crm/sales_teams.csv', 35, 0],
  ['02-products.yaml', 'maven-crm/products.csv', 7, 0],
  ['03-accounts.yaml', 'maven-crm/accounts.csv', 85, 0],
  ['04-contacts.yaml', 'contacts/contacts.csv', 114, 0],
  ['05-deals.yaml', 'maven-crm/sales_pipeline.csv', 8800, 0],
  ['06-companies.yaml', 'cfpb/complaints.csv', 813, 7527],
  ['07-complaints.yaml', 'cfpb/complaints.csv', 8340, 0],
  ['08-deal-lines.yaml', 'invented/deal-lines.csv', 10, 0],
  ['09-leads.yaml', 'invented/leads.csv', 10, 0],
  ['10-campaigns.yaml', 'invented/campaigns.csv', 3, 0],
  ['11-campaign-members.yaml', 'invented/campaign-members.csv', 9, 0],
] as const;

const one = async (sql: string): Promise<unknown> => Object.values((await world.sql(sql))[0] ?? {})[0];

describe('the demo data', () => {
  it.each(files)('is imported whole: %s', async (mapping, file, created, skipped) => {
    const { state, counts } = await world.importDemo(mapping, file);
    expect({ state, counts }).toEqual({
      state: 'done',
      counts: { created, updated: 0, unchanged: 0, skipped, failed: 0 },
    });
  });

  it('has its accounts, with the parents that the file names', async () => {
    const parents = `SELECT count(*) || '/' || count(parent_id) FROM crm.account WHERE kind = `;
    expect(await one(`${parents} 'customer'`)).toBe('85/15');
    expect(await one(`${parents} 'respondent'`)).toBe('813/0');
    expect(await one(`SELECT count(*) FROM crm.account WHERE sector LIKE 'technolg%'`)).toBe('0');
  });

  it('has its deals to the cent, of thirty owners', async () => {
    expect(await one(`SELECT sum(amount)::text FROM crm.deal WHERE stage = 'won'`)).toBe('10005534.0000');
    expect(await one('SELECT count(*) FROM crm.deal')).toBe('8800');
    expect(await one('SELECT count(DISTINCT owner_id) FROM crm.deal')).toBe('30');
    expect(await one('SELECT count(*) FROM crm.deal WHERE account_id IS NULL')).toBe('1425');
    expect(await one('SELECT count(*) FROM crm.deal WHERE product_id IS NULL')).toBe('0');
    expect(await one(`SELECT count(*) FROM crm."user" WHERE external_id LIKE 'agent:%'`)).toBe('35');
  });

  it('has lines that add up to what their deals were closed at', async () => {
    const sums = `SELECT deal_id FROM crm.deal_line l JOIN crm.deal d ON d.id = l.deal_id GROUP BY deal_id, d.amount
      HAVING sum(l.total) = d.amount AND max(d.version) = 1`;
    expect(await one(`SELECT count(*) FROM (${sums}) s`)).toBe('6');
  });

  it('has its complaints, each with its company and custom values', async () => {
    expect(await one(`SELECT count(*) || '/' || count(account_id) FROM crm."case"`)).toBe('8340/8340');
    expect(await one(`SELECT count(*) FROM crm."case" WHERE NOT custom ?& '{product,timely}'`)).toBe('0');
    expect(await one(`SELECT count(DISTINCT account_id) FROM crm."case"`)).toBe('813');
  });

  it.each(files)('changes nothing when it is imported again: %s', async (mapping, file, created, skipped) => {
    const before = await one('SELECT sum(version) FROM crm.deal');
    const { state, counts } = await world.importDemo(mapping, file);
    expect({ state, counts }).toEqual({
      state: 'done',
      counts: { created: 0, updated: 0, unchanged: created, skipped, failed: 0 },
    });
    expect(await one('SELECT sum(version) FROM crm.deal')).toBe(before);
  });
});
