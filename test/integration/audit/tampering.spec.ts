// Whoever may do everything in the database still cannot change the audit unseen: each way is tried and must be named.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { leafSql, leafText, type LeafRow } from '../../../src/audit/tree/leaf-text.js';
import { leafHash } from '../../../src/audit/tree/merkle.js';
import { query } from '../../../src/platform/database/index.js';
import { auditCheckpointKey } from '../../../src/replication/format/index.js';
import { openAuditWorld, type AuditWorld } from './audit-world.js';

let world: AuditWorld;
/** by place in the tree: 0 to 4 under the first checkpoint, 5 to 9 under the second, 10 to 12 under the third */
let ids: string[];

beforeEach(async () => {
  world = await openAuditWorld();
  ids = [...(await world.sealed(5)), ...(await world.sealed(5)), ...(await world.sealed(3))];
});
afterEach(() => world.end());

/** What verifying finds, as code and entry or range. */
async function found(withBucket = true): Promise<string[]> {
  const { findings } = await world.verify(withBucket);
  return findings.map(({ code, entry, from, to }) => `${code} ${entry ?? `${String(from)}-${String(to)}`}`);
}
const id = (place: number): string => ids[place] ?? '';

describe('verifying the audit', () => {
  it('finds nothing where nothing was done, also while entries wait', async () => {
    await world.write(2);
    expect(await world.verify()).toMatchObject({
      ...{ entries: 13, waiting: 2, checkpoints: 3, findings: [], omitted: 0 },
      anchor: { checkpoints: 3, size: 13 },
    });
    expect(await world.verify(false)).toMatchObject({ findings: [], anchor: null });
  });

  it('names a deleted entry', async () => {
    await world.tamper('DELETE FROM audit.leaf WHERE id = $1', [id(3)]);
    await world.tamper('DELETE FROM audit.payload WHERE leaf_id = $1', [id(3)]);
    expect(await found(false)).toEqual([`entry-deleted ${id(3)}`]);
  });

  it.each([
    ['who', `actor_name = 'Somebody else'`],
    ['what', `action = 'delete'`],
    ['from where', `ip = NULL`],
    ['which record', `record_id = gen_random_uuid()`],
    ['the commitment', `commitment = sha256('x')`],
    ['the fields', `field_names = '{}'`],
  ])('names an entry of which %s was changed', async (_what, change) => {
    await world.tamper(`UPDATE audit.leaf SET ${change} WHERE id = $1`, [id(6)]);
    expect(await found(false)).toEqual([`entry-changed ${id(6)}`]);
  });

  it('names an entry whose values were changed, removed, or given to another subject', async () => {
    await world.tamper(
      'UPDATE audit.payload SET ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1) WHERE leaf_id = $1',
      [id(1)],
    );
    await world.tamper('DELETE FROM audit.payload WHERE leaf_id = $1', [id(2)]);
    await world.tamper('UPDATE audit.payload SET subject_id = gen_random_uuid() WHERE leaf_id = $1', [id(7)]);
    expect(await found(false)).toEqual([1, 2, 7].map((place) => `entry-changed ${id(place)}`));
  });

  it('names an entry that was given another time', async () => {
    await world.tamper(`UPDATE audit.leaf SET at = at - interval '3 days' WHERE id = $1`, [id(8)]);
    expect(await found(false)).toEqual([`entry-back-dated ${id(8)}`]);
    const { findings } = await world.verify();
    expect(findings[0]?.detail).toMatch(/place 8, was sealed with the time .* and now says/);
  });

  it('names an entry that was written with a time long before the checkpoint that it came after', async () => {
    const later = await world.write(1);
    await world.tamper(`UPDATE audit.leaf SET at = at - interval '2 days' WHERE id = $1`, later);
    await world.tamper(`UPDATE audit.payload SET at = at - interval '2 days' WHERE leaf_id = $1`, later);
    await world.tamper(`UPDATE audit.tree_queue SET at = at - interval '2 days'`);
    expect(await found(false)).toEqual([`entry-back-dated ${String(later[0])}`]);
    await world.sealer.seal();
    expect(await found(false)).toEqual([`entry-back-dated ${String(later[0])}`]);
  });

  it('names entries whose places were swapped', async () => {
    for (const [from, to] of [
      [6, 1000],
      [7, 6],
      [1000, 7],
    ])
      await world.tamper('UPDATE audit.tree_leaf SET leaf_index = $2 WHERE leaf_index = $1', [from, to]);
    expect(await found(false)).toEqual([`entry-moved ${id(6)}`, 'range-altered 5-9']);
  });

  it('names an entry that was put in by hand', async () => {
    await world.tamper(
      `INSERT INTO audit.leaf (id, at, actor_kind, actor_name, request_id, action, type)
       VALUES ('0199a1b2-0000-7000-8000-000000000001', now(), 'user', 'Mallory', 'x', 'update', 'deal')`,
    );
    expect(await found(false)).toEqual(['entry-inserted 0199a1b2-0000-7000-8000-000000000001']);
  });

  it('names an entry that was deleted before it was sealed', async () => {
    const [waiting = ''] = await world.write(1);
    await world.tamper('DELETE FROM audit.leaf WHERE id = $1', [waiting]);
    expect(await found(false)).toEqual([`entry-deleted ${waiting}`]);
    // and the others are sealed all the same
    await world.write(1);
    expect(await world.sealer.seal()).toBe(1);
  });

  it('names the range where an entry was changed together with its hash', async () => {
    await world.tamper(`UPDATE audit.leaf SET actor_name = 'Somebody else' WHERE id = $1`, [id(6)]);
    const [row] = await query<LeafRow>(
      world.app,
      `SELECT e.* FROM audit.tree_leaf t, LATERAL (${leafSql('t.at', 't.leaf_id')}) e WHERE t.leaf_index = 6`,
    );
    if (!row) throw new Error('no row');
    await world.tamper('UPDATE audit.tree_leaf SET hash = $1 WHERE leaf_index = 6', [
      leafHash(Buffer.from(leafText(row))),
    ]);
    expect(await found(false)).toEqual(['range-altered 5-9']);
    expect(await found()).toEqual(['range-altered 5-9', 'range-altered 5-9']);
  });

  it('names places that are gone, and a tail that was cut off, by the checkpoints of the database', async () => {
    await world.tamper('DELETE FROM audit.tree_leaf WHERE leaf_index = 2');
    expect(await found(false)).toEqual(['place-missing 2-2', `entry-inserted ${id(2)}`]);
    for (const table of ['leaf', 'payload'])
      await world.tamper(
        `DELETE FROM audit.${table} t USING audit.tree_leaf l WHERE l.leaf_index > 9
           AND t.at = l.at AND t.${table === 'leaf' ? 'id' : 'leaf_id'} = l.leaf_id`,
      );
    await world.tamper('DELETE FROM audit.tree_leaf WHERE leaf_index > 9');
    expect(await found(false)).toContain('cut-off 10-12');
  });

  it('finds a tail that was cut off with all its traces only by the bucket, and finds it there', async () => {
    for (const table of ['leaf', 'payload'])
      await world.tamper(
        `DELETE FROM audit.${table} t USING audit.tree_leaf l WHERE l.leaf_index > 4
           AND t.at = l.at AND t.${table === 'leaf' ? 'id' : 'leaf_id'} = l.leaf_id`,
      );
    await world.tamper('DELETE FROM audit.tree_leaf WHERE leaf_index > 4');
    await world.tamper('DELETE FROM replication.audit_checkpoint WHERE size > 5');
    expect(await found(false)).toEqual([]);
    expect(await found()).toEqual(['cut-off 5-12']);
    // history that is written anew over the cut, and sealed with the very key, is another one
    await world.write(9);
    await world.sealer.seal();
    expect(await found(false)).toEqual([]);
    expect(await found()).toContain('range-altered 5-9');
  });

  it('finds a database that was rewritten as a whole and sealed with the very key', async () => {
    for (const table of ['audit.tree_leaf', 'audit.tree_node', 'replication.audit_checkpoint'])
      await world.tamper(`TRUNCATE ${table}`);
    await world.tamper(`UPDATE audit.leaf SET actor_name = 'Nobody'`);
    await world.tamper('INSERT INTO audit.tree_queue (at, leaf_id) SELECT at, id FROM audit.leaf');
    await world.sealer.seal();
    expect(await found(false)).toEqual([]);
    expect(await found()).toContain('range-altered 0-4');
  });

  it('finds checkpoints that were changed, signed by a stranger, or removed', async () => {
    await world.tamper(`UPDATE replication.audit_checkpoint SET root = sha256('x') WHERE size = 10`);
    expect((await found(false)).map((one) => one.split(' ')[0])).toEqual(['checkpoint-invalid']);
    await world.tamper('DELETE FROM replication.audit_checkpoint WHERE size = 10');
    expect((await found()).map((one) => one.split(' ')[0])).toEqual(['checkpoint-missing']);
    expect(await found(false)).toEqual([]);
  });

  it('passes over junk in the bucket, and says so', async () => {
    await world.bucket.put(auditCheckpointKey(1_000_000), Buffer.from('not a note'));
    const { note } = await world.proofs.checkpoint();
    await world.bucket.put(auditCheckpointKey(99), Buffer.from(note));
    await world.bucket.put('audit/readme', Buffer.from('hello'));
    const { findings, anchor } = await world.verify();
    expect(findings.map(({ code }) => code)).toEqual(['checkpoint-invalid', 'checkpoint-invalid']);
    expect(anchor).toMatchObject({ size: 13 });
  });

  it('finds wrong hashes that only proofs would meet', async () => {
    await world.sealed(300);
    expect(await found()).toEqual([]);
    await world.tamper(`UPDATE audit.tree_node SET hash = sha256('x')`);
    expect(await found()).toEqual(['proof-hash-wrong 0-255']);
  });

  it('keeps sealing off a tree that was altered', async () => {
    await world.tamper(`UPDATE audit.tree_leaf SET hash = sha256('x') WHERE leaf_index = 12`);
    await world.write(1);
    await expect(world.sealer.seal()).rejects.toMatchObject({ code: 'audit_tree_broken' });
  });
});

describe('the tables of the audit', () => {
  it.each([
    'audit.leaf',
    'audit.payload',
    'audit.tree_leaf',
    'audit.tree_node',
    'replication.audit_checkpoint',
  ])('refuse changes to %s even to a superuser who forgets himself', async (table) => {
    await world.sealed(300);
    const { admin } = world.database;
    const column = (await admin.query(`SELECT * FROM ${table} LIMIT 1`)).fields[0]?.name ?? '';
    for (const sql of [
      `UPDATE ${table} SET ${column} = ${column}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
    ])
      await expect(admin.query(sql)).rejects.toMatchObject({ code: '23001' });
  });

  it('lets the key of a subject be destroyed', async () => {
    const before = await world.proofs.inclusion(id(4));
    await world.database.admin.query('DELETE FROM audit.subject_key');
    expect(await found()).toEqual([]);
    expect(await world.proofs.inclusion(id(4))).toEqual(before);
  });
});
