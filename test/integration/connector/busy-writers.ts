import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ConnectorWorld } from './connector-world.js';

export const INVARIANT_POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
  deal: { follows: account }
  product:
  activity: { follows: deal }
  case: { follows: account.parent }
  campaign: { where: { field: status, op: eq, value: active } }
  campaignMember: { follows: campaign }
  lead: { follows: { through: campaignMember } }
`;

const ACCOUNTS = 40;
const PRODUCTS = 120;
const DEALS = 200;
const CAMPAIGNS = 8;
const LEADS = 40;
const MEMBERS = 80;
const FOLLOWERS = 120;
const START_PRICE = 1_000;
/** no transfer changes it */
export const CONSTANT_SUM = PRODUCTS * START_PRICE;

interface Ids {
  accounts: string[];
  products: string[];
  deals: string[];
  contacts: string[];
  /** they hang on deals, which hang on accounts */
  activities: string[];
  /** they hang on the parents of accounts */
  cases: string[];
  campaigns: string[];
  leads: string[];
  /** link campaigns and leads */
  members: string[];
}

/**
 * People at work, as rough as they come: transfers between rows, savepoints, aborts, two-phase commits, long
 * transactions, asynchronous commits, parents that leave the policy and come back, and children that change parents, over
 * two levels and through a link table.
 */
export class BusyWriters {
  private readonly clients: pg.Client[] = [];
  private readonly ends: Promise<void>[] = [];
  private isStopping = false;
  transactions = 0;

  private constructor(
    private readonly world: ConnectorWorld,
    private readonly ids: Ids,
  ) {}

  static async prepare(world: ConnectorWorld): Promise<BusyWriters> {
    const pipeline = await world.insert('crm.pipeline', {
      name: 'Sales',
      key: 'sales',
      position: 1,
      is_default: true,
    });
    const make = async (count: number, table: string, values: (index: number) => Record<string, unknown>) => {
      const ids: string[] = [];
      for (let index = 0; index < count; index += 1) ids.push(await world.insert(table, values(index)));
      return ids.sort();
    };
    const accounts = await make(ACCOUNTS, 'crm.account', (i) => ({
      name: `a${String(i)}`,
      kind: 'customer',
      sector: sector(),
    }));
    const products = await make(PRODUCTS, 'crm.product', (i) => ({
      name: `p${String(i)}`,
      price: START_PRICE,
      price_currency: 'EUR',
      active: true,
    }));
    const contacts = await make(ACCOUNTS, 'crm.contact', (i) => ({
      last_name: `c${String(i)}`,
      account_id: pick(accounts),
    }));
    const deals = await make(DEALS, 'crm.deal', (i) => ({
      ...{
        name: `d${String(i)}`,
        pipeline_id: pipeline,
        stage: 'new',
        status: 'open',
        amount: 100,
        amount_currency: 'EUR',
      },
      ...{ account_id: pick(accounts), contact_id: pick(contacts), product_id: pick(products) },
    }));
    const far = await prepareFar(make, accounts, deals);
    return new BusyWriters(world, { accounts, products, deals, contacts, ...far });
  }

  async start(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const client = new pg.Client({ connectionString: this.world.database.urls.admin });
      client.on('error', () => undefined);
      await client.connect();
      this.clients.push(client);
      this.ends.push(this.work(client));
    }
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.ends);
    for (const client of this.clients) await client.end();
    for (const { gid } of (await this.world.sql(
      'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()',
    )) as { gid: string }[]) {
      await this.world.sql(`COMMIT PREPARED '${gid}'`);
    }
  }

  private async work(client: pg.Client): Promise<void> {
    while (!this.isStopping) {
      try {
        await this.transaction(client);
        this.transactions += 1;
      } catch (error) {
        // a deadlock is part of life; the writer rolls back and goes on
        if (!(error instanceof pg.DatabaseError)) throw error;
        await client.query('ROLLBACK');
      }
      await sleep(randomInt(15));
    }
  }

  private async transaction(client: pg.Client): Promise<void> {
    await client.query('BEGIN');
    if (chance(0.3)) await client.query('SET LOCAL synchronous_commit = off');
    await this.transfer(client);
    if (chance(0.3)) await this.savepoint(client);
    if (chance(0.5)) await this.parents(client);
    if (chance(0.5)) await this.children(client);
    if (chance(0.6)) await this.far(client);
    if (chance(0.05)) await sleep(randomInt(300, 900));
    else if (chance(0.5)) await sleep(randomInt(25));
    await this.transfer(client);
    await this.end(client);
  }

  private async end(client: pg.Client): Promise<void> {
    if (!chance(0.2)) {
      await client.query(chance(0.2) ? 'ROLLBACK' : 'COMMIT');
      return;
    }
    const gid = randomUUID();
    await client.query(`PREPARE TRANSACTION '${gid}'`);
    await sleep(randomInt(120));
    await client.query(`${chance(0.8) ? 'COMMIT' : 'ROLLBACK'} PREPARED '${gid}'`);
  }

  /** What one row loses another gains, with time between the two. */
  private async transfer(client: pg.Client): Promise<void> {
    const amount = randomInt(1, 20);
    const [from, to] = [pick(this.ids.products), pick(this.ids.products)];
    const change = 'UPDATE crm.product SET price = price + $1, version = version + 1 WHERE id = $2';
    await client.query(change, [-amount, from]);
    if (chance(0.3)) await sleep(randomInt(10));
    await client.query(change, [amount, to]);
  }

  private async savepoint(client: pg.Client): Promise<void> {
    await client.query('SAVEPOINT s');
    await client.query('UPDATE crm.product SET price = price - 7 WHERE id = $1', [pick(this.ids.products)]);
    await this.parents(client);
    await client.query(chance(0.8) ? 'ROLLBACK TO SAVEPOINT s' : 'SAVEPOINT t');
    await client.query('ROLLBACK TO SAVEPOINT s');
    await this.transfer(client);
    await client.query('RELEASE SAVEPOINT s');
  }

  private async parents(client: pg.Client): Promise<void> {
    await client.query('UPDATE crm.account SET sector = $1 WHERE id = $2', [
      sector(),
      pick(this.ids.accounts),
    ]);
  }

  /** Rows that hang on a record two steps away, or on one that a link names. */
  private async far(client: pg.Client): Promise<void> {
    const { accounts, activities, campaigns, cases, deals, leads, members } = this.ids;
    const writes: [string, unknown[]][] = [
      ['UPDATE crm.activity SET deal_id = $1 WHERE id = $2', [pick(deals), pick(activities)]],
      ['UPDATE crm.case SET account_id = $1 WHERE id = $2', [pick(accounts), pick(cases)]],
      [
        'UPDATE crm.account SET parent_id = $1 WHERE id = $2',
        [chance(0.2) ? null : pick(accounts), pick(accounts)],
      ],
      ['UPDATE crm.campaign SET status = $1 WHERE id = $2', [campaignStatus(), pick(campaigns)]],
      [
        `UPDATE crm.campaign_member m SET lead_id = $1 WHERE id = $2 AND NOT EXISTS (
           SELECT 1 FROM crm.campaign_member o WHERE o.campaign_id = m.campaign_id AND o.lead_id = $1)`,
        [pick(leads), pick(members)],
      ],
      [
        'UPDATE crm.campaign_member SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = $1',
        [pick(members)],
      ],
      ['UPDATE crm.campaign_member SET lead_id = NULL WHERE id = $1', [pick(members)]],
      ['DELETE FROM crm.campaign_member WHERE id = $1', [pick(members)]],
      [
        `INSERT INTO crm.campaign_member (id, created_at, updated_at, version, status, campaign_id, lead_id)
         VALUES ($1, now(), now(), 1, 'sent', $2, $3) ON CONFLICT DO NOTHING`,
        [pick(members), pick(campaigns), pick(leads)],
      ],
    ];
    const [sql, values] = writes[randomInt(writes.length)] ?? ['SELECT 1', []];
    await client.query(sql, values);
  }

  private async children(client: pg.Client): Promise<void> {
    const { accounts, deals, contacts, products } = this.ids;
    const what = randomInt(6);
    if (what === 0)
      await client.query('UPDATE crm.deal SET account_id = $1 WHERE id = $2', [pick(accounts), pick(deals)]);
    if (what === 1)
      await client.query('UPDATE crm.contact SET account_id = $1 WHERE id = $2', [
        pick(accounts),
        pick(contacts),
      ]);
    if (what === 2)
      await client.query('UPDATE crm.deal SET product_id = $1, contact_id = $2 WHERE id = $3', [
        pick(products),
        pick(contacts),
        pick(deals),
      ]);
    if (what === 3)
      await client.query(
        'UPDATE crm.contact SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = $1',
        [pick(contacts)],
      );
    if (what === 4) {
      await client.query(
        `INSERT INTO crm.contact (id, created_at, updated_at, version, last_name, account_id) VALUES ($1, now(), now(), 1, 'new', $2)`,
        [randomUUID(), pick(accounts)],
      );
    }
    if (what === 5) {
      await client.query(
        `DELETE FROM crm.contact WHERE id = (SELECT id FROM crm.contact WHERE last_name = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)`,
      );
    }
  }
}

type Make = (
  count: number,
  table: string,
  values: (index: number) => Record<string, unknown>,
) => Promise<string[]>;

async function prepareFar(make: Make, accounts: string[], deals: string[]) {
  const activities = await make(FOLLOWERS, 'crm.activity', (i) => ({
    ...{ kind: 'note', subject: `n${String(i)}`, done: false, deal_id: pick(deals) },
  }));
  const cases = await make(FOLLOWERS, 'crm.case', (i) => ({
    ...{ subject: `s${String(i)}`, status: 'new', priority: 'normal', account_id: pick(accounts) },
  }));
  const campaigns = await make(CAMPAIGNS, 'crm.campaign', (i) => ({
    ...{ name: `k${String(i)}`, kind: 'other', status: campaignStatus() },
  }));
  const leads = await make(LEADS, 'crm.lead', (i) => ({ last_name: `l${String(i)}`, status: 'new' }));
  // each of its own, because a lead is in a campaign once
  const members = await make(MEMBERS, 'crm.campaign_member', (i) => ({
    status: 'sent',
    campaign_id: campaigns[i % CAMPAIGNS],
    lead_id: leads[Math.floor(i / CAMPAIGNS) * 3 + (i % 3)],
  }));
  return { activities, cases, campaigns, leads, members };
}

const campaignStatus = () => (chance(0.4) ? 'active' : 'planned');
const sector = () => (chance(0.4) ? 'medical' : chance(0.5) ? 'retail' : null);
const chance = (probability: number) => Math.random() < probability;

function pick(ids: readonly string[]): string {
  return ids[randomInt(ids.length)] ?? '';
}
