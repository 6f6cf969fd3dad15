// People at work on premises, a connector's lane over their database, and a replica that follows it: where the faults of
// this folder happen. Whatever happened, checkers.ts says afterwards whether it did harm.
import { randomUUID } from 'node:crypto';
import { Heartbeat } from '../../connector/publish/heartbeat.js';
import type { Position } from '../../src/replication/format/index.js';
import {
  openWorld,
  type ConnectorWorld,
  type TestPublisher,
  type WorldOptions,
} from '../integration/connector/connector-world.js';
import { FollowingReplica } from './following-replica.js';

/** Stands in everything that the policy keeps at home, and nowhere else. */
export const CANARY = 'Zaunkoenigsruf';
const PRODUCTS = 12;
const START_PRICE = 1_000;
/** no transfer changes it */
export const CONSTANT_SUM = PRODUCTS * START_PRICE;

export const FAULT_POLICY = `
types:
  account:
    where: { field: sector, op: neq, value: medical }
    fields: { description: omit }
  contact: { follows: account, fields: { lastName: include } }
  product:
`;

export interface FaultWorld extends ConnectorWorld {
  replica: FollowingReplica;
  people: People;
  /** a lane that has published what there was, and a replica that shows it */
  begin(): Promise<TestPublisher>;
  /** another one, which has seen nothing yet. @param floor told to it by hand */
  freshReplica(floor: Position): Promise<FollowingReplica>;
}

export async function openFaultWorld(options: WorldOptions = {}): Promise<FaultWorld> {
  return populate(await openWorld(options));
}

/** People, their policy and a replica for a world that is open already. `end` ends all of it. */
export async function populate<W extends ConnectorWorld>(
  world: W,
  policy = FAULT_POLICY,
): Promise<W & FaultWorld> {
  await world.activate(policy);
  const people = await People.begin(world);
  const replica = await FollowingReplica.open(world);
  return {
    ...world,
    ...{ replica, people },
    begin: async () => {
      const lane = await world.publisher();
      await lane.settle();
      await replica.catchUp();
      return lane;
    },
    freshReplica: (floor) => FollowingReplica.open(world, floor),
    end: async () => {
      await replica.close();
      await world.end();
    },
  };
}

/** What people do in a round, each time the same kinds of things to other records. */
export class People {
  private round = 0;

  private constructor(
    private readonly world: ConnectorWorld,
    private readonly products: readonly string[],
    private readonly accounts: readonly string[],
  ) {}

  static async begin(world: ConnectorWorld): Promise<People> {
    const products: string[] = [];
    for (let index = 0; index < PRODUCTS; index += 1)
      products.push(
        await world.insert('crm.product', {
          ...{ name: `product ${index}`, price: START_PRICE, price_currency: 'EUR', active: true },
        }),
      );
    const accounts: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      const id = await newAccount(world, `account ${index}`, 'retail');
      await world.insert('crm.contact', { last_name: `contact ${index}`, account_id: id });
      accounts.push(id);
    }
    const clinic = await newAccount(world, `${CANARY} clinic`, 'medical');
    await world.insert('crm.contact', { last_name: `${CANARY} doctor`, account_id: clinic });
    return new People(world, products, accounts);
  }

  /** Money moves, accounts come, are renamed, go, fall ill and get well again. */
  async work(): Promise<void> {
    this.round += 1;
    await this.transfer();
    await this.world.sql('UPDATE crm.account SET name = $1 WHERE id = $2', [
      `renamed in round ${this.round}`,
      this.account(this.round),
    ]);
    await newAccount(this.world, `new in round ${this.round}`, 'retail');
    await this.world.sql('DELETE FROM crm.account WHERE name = $1', [`new in round ${this.round - 2}`]);
    await this.turn(this.account(this.round + 1));
    await newAccount(this.world, `${CANARY} hospital`, 'medical');
  }

  /** What one product loses another gains, in one transaction. */
  async transfer(session: { query(sql: string, values: unknown[]): Promise<unknown> } | null = null) {
    const [from, to] = [this.product(this.round), this.product(this.round + 5)];
    const change = 'UPDATE crm.product SET price = price + $1, version = version + 1 WHERE id = $2';
    const moves = [
      [-7, from],
      [7, to],
    ];
    if (session !== null) {
      for (const move of moves) await session.query(change, move);
      return;
    }
    const client = await this.world.database.admin.connect();
    try {
      await client.query('BEGIN');
      for (const move of moves) await client.query(change, move);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  }

  /** Into the medical sector, with a name that must stay home, or out of it again. */
  private async turn(account: string): Promise<void> {
    await this.world.sql(
      `UPDATE crm.account SET sector = CASE WHEN sector = 'medical' THEN 'retail' ELSE 'medical' END,
         name = CASE WHEN sector = 'medical' THEN $1 ELSE $2 END WHERE id = $3`,
      [`well again in round ${this.round}`, `${CANARY} praxis`, account],
    );
  }

  account(number: number): string {
    return this.accounts[number % this.accounts.length] ?? '';
  }

  product(number: number): string {
    return this.products[number % this.products.length] ?? '';
  }
}

/** What the connector's loop does after each batch. */
export async function sendBeat(world: ConnectorWorld, { publisher, lease }: TestPublisher): Promise<void> {
  const heartbeat = new Heartbeat(world.bucket, world.trust, 60_000);
  await heartbeat.beat(await publisher.generations.current(), lease.epoch, new Date());
}

/** Every account carries the canary where the policy omits the field. */
export function newAccount(world: ConnectorWorld, name: string, sector: string): Promise<string> {
  return world.insert('crm.account', {
    ...{ name, kind: 'customer', sector, description: `${CANARY} ${randomUUID()}` },
  });
}
