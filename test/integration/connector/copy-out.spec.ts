// COPY … TO STDOUT from a real server, and the connection afterwards.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { CopyOut } from '../../../connector/publish/copy-out.js';
import { createEmptyDatabase, type TestDatabase } from '../../support/index.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createEmptyDatabase();
  client = new pg.Client({ connectionString: database.urls.owner });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function readAll(source: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece as Buffer));
  return Buffer.concat(pieces);
}

const isUsable = async (): Promise<boolean> => {
  const { rows } = await client.query<{ n: number }>('SELECT 7 AS n');
  return rows[0]?.n === 7;
};

const manyRows = `COPY (SELECT i, repeat(md5(i::text), (i % 50) * (i % 7)) FROM generate_series(1, 20000) i) TO STDOUT`;

describe('a COPY to the connector', () => {
  it.each(['', ' (FORMAT binary)'])('gives the bytes that another library gives%s', async (format) => {
    const [ours, theirs] = [
      await readAll(client.query(new CopyOut(manyRows + format))),
      await readAll(client.query(copyTo(manyRows + format))),
    ];
    expect(ours.length).toBeGreaterThan(10_000_000);
    expect(ours.equals(theirs)).toBe(true);
    expect(await isUsable()).toBe(true);
  });

  it('is empty where there is no row', async () => {
    expect(await readAll(client.query(new CopyOut('COPY (SELECT 1 WHERE false) TO STDOUT')))).toHaveLength(0);
    expect(await isUsable()).toBe(true);
  });

  it('fails with the error of the server, at once or in the middle', async () => {
    for (const sql of [
      'COPY nothing TO STDOUT',
      'COPY (SELECT 1 / (5000 - i) FROM generate_series(1, 9000) i) TO STDOUT',
    ]) {
      await expect(readAll(client.query(new CopyOut(sql)))).rejects.toMatchObject({ name: 'error' });
      expect(await isUsable()).toBe(true);
    }
  });

  it('leaves the connection usable where the reader gives up', async () => {
    const copy = client.query(new CopyOut(manyRows));
    for await (const piece of copy) {
      expect((piece as Buffer).length).toBeGreaterThan(0);
      break;
    }
    expect(copy.destroyed).toBe(true);
    expect(await isUsable()).toBe(true);
  });

  it('fails where the connection breaks', async () => {
    const other = new pg.Client({ connectionString: database.urls.owner });
    other.on('error', () => undefined);
    await other.connect();
    const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const reading = readAll(other.query(new CopyOut('COPY (SELECT pg_sleep(60)) TO STDOUT')));
    await database.admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await expect(reading).rejects.toThrow();
    await other.end().catch(() => undefined);
  });
});
