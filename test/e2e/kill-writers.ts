// People at work while processes die around them. Each remembers what the server acknowledged, so that a lost write
// is told from one that was never promised.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { TestApi } from '../support/index.js';

export type Random = () => number;

/** mulberry32: the same seed kills and writes in the same order, as far as the machine plays along. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[below(random, from.length)];
  if (found === undefined) throw new TypeError('nothing to pick from');
  return found;
}

/** What a record must look like, by all that was acknowledged. */
interface Known {
  readonly id: string;
  version: number;
  isDeleted: boolean;
  /** the fields that the writer sets */
  fields: Record<string, unknown>;
}

interface Change {
  readonly method: 'PATCH' | 'DELETE' | 'POST';
  readonly after: Pick<Known, 'isDeleted' | 'fields'>;
}

/** Changes records that nobody else changes, through the API. */
export class Colleague {
  acknowledged = 0;
  /** answers that did not come, or came as an error of a server in trouble */
  failed = 0;
  refused = 0;
  /** one sentence for each write that was acknowledged and is not there */
  readonly lost: string[] = [];
  private readonly known: Known[] = [];
  private counter = 0;

  constructor(
    private readonly api: TestApi,
    private readonly plural: 'accounts' | 'deals',
    private readonly random: Random,
    private readonly choose: (random: Random) => Record<string, unknown>,
  ) {}

  get ids(): string[] {
    return this.known.map(({ id }) => id);
  }

  async begin(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const fields = { name: this.nextName(), ...this.choose(this.random) };
      const answer = await this.api.request('POST', `/${this.plural}`, fields);
      const record = (await answer.json()) as { id: string; version: number };
      if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(record)}`);
      this.known.push({ id: record.id, version: record.version, isDeleted: false, fields });
    }
  }

  async work(signal: AbortSignal, pauseMs: number): Promise<void> {
    while (!signal.aborted) {
      const record = pick(this.random, this.known);
      await this.change(record, this.nextChange(record));
      await sleep(below(this.random, pauseMs));
    }
  }

  /** Everything acknowledged, held against what the server says now. */
  async check(): Promise<void> {
    for (const record of this.known) this.settle(record, await this.read(record.id), []);
  }

  private nextChange(record: Known): Change {
    if (record.isDeleted) return { method: 'POST', after: { isDeleted: false, fields: record.fields } };
    if (this.random() < 0.12) return { method: 'DELETE', after: { isDeleted: true, fields: record.fields } };
    const fields = { ...record.fields, name: this.nextName(), ...this.choose(this.random) };
    return { method: 'PATCH', after: { isDeleted: false, fields } };
  }

  private async change(record: Known, { method, after }: Change): Promise<void> {
    const path = `/${this.plural}/${record.id}${method === 'POST' ? '/restore' : ''}`;
    const body = method === 'PATCH' ? after.fields : undefined;
    const condition: Record<string, string> = method === 'POST' ? {} : { 'if-match': `"${record.version}"` };
    const status = await this.api.request(method, path, body, condition).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => 0,
    );
    if (status >= 200 && status < 300) {
      this.acknowledged += 1;
      Object.assign(record, after);
    } else if (status === 0 || status >= 500) this.failed += 1;
    else if (status === 400)
      this.refused += 1; // a deal cannot move to an account that a colleague just deleted
    else this.lost.push(`${method} ${path} was answered ${status}, so an earlier write is gone`);
    // promised or not: what is there now must be what was promised, or else what was tried last
    const alternatives = status === 0 || status >= 500 ? [after] : [];
    this.settle(record, await this.readPatiently(record.id), alternatives);
  }

  private settle(
    record: Known,
    found: Record<string, unknown> | null,
    alternatives: readonly Change['after'][],
  ): void {
    const states = [{ isDeleted: record.isDeleted, fields: record.fields }, ...alternatives];
    const state = states.find(
      ({ isDeleted, fields }) => isDeleted === (found === null) && agrees(found, fields),
    );
    if (!state)
      this.lost.push(`${record.id} should be ${JSON.stringify(states)}, is ${JSON.stringify(found)}`);
    Object.assign(record, state ?? { isDeleted: found === null });
    if (found) record.version = Number(found['version']);
  }

  /** Until the server is back. */
  private async readPatiently(id: string): Promise<Record<string, unknown> | null> {
    for (;;) {
      try {
        return await this.read(id);
      } catch {
        await sleep(100);
      }
    }
  }

  /** @returns null for a record in the recycle bin */
  private async read(id: string): Promise<Record<string, unknown> | null> {
    const answer = await this.api.request('GET', `/${this.plural}/${id}`);
    const body = (await answer.json()) as Record<string, unknown>;
    if (answer.status !== 404 && !answer.ok) throw new Error(`answered ${answer.status}`);
    return answer.ok ? body : null;
  }

  private nextName(): string {
    this.counter += 1;
    return `${this.plural} ${this.counter}`;
  }
}

/** The name tells the last write; the others tell that all of it is there. */
function agrees(found: Record<string, unknown> | null, fields: Record<string, unknown>): boolean {
  if (found === null) return true;
  return Object.entries(fields).every(
    ([name, value]) => JSON.stringify(found[name]) === JSON.stringify(value),
  );
}

/**
 * Moves money between products, each time in one transaction of which some commit asynchronously: what PostgreSQL had
 * not yet on its disk when it died is gone, and the cloud must not know it.
 */
export async function moveMoney(
  url: string,
  products: readonly string[],
  random: Random,
  signal: AbortSignal,
): Promise<number> {
  let moved = 0;
  while (!signal.aborted) {
    const amount = 1 + below(random, 9);
    const [from, to] = [pick(random, products), pick(random, products)];
    moved += await ask(
      url,
      `BEGIN; SET LOCAL synchronous_commit = ${random() < 0.5 ? 'off' : 'on'};
       UPDATE crm.product SET price = price - ${amount} WHERE id = '${from}';
       UPDATE crm.product SET price = price + ${amount} WHERE id = '${to}'; COMMIT`,
    ).then(
      () => 1,
      () => 0,
    );
    await sleep(below(random, 60));
  }
  return moved;
}

/** Runs one statement on a connection of its own, so that a database that died costs one attempt. */
export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const options = '-c timezone=UTC';
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, options });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
