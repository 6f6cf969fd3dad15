// Every row of the audit gets one place in the tree, whenever its transaction commits and however many servers seal.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditSealer, AuditTrail } from '../../../src/audit/index.js';
import { signCheckpoint } from '../../../src/audit/checkpoints/checkpoint.js';
import { leafText, waitingLeaves } from '../../../src/audit/tree/leaf-text.js';
import { loadConfig } from '../../../src/platform/config/index.js';
import { createDataSource } from '../../../src/platform/database/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import { keyFolders } from '../../../src/replication/format/index.js';
import { sealingOptionsOf } from '../../../src/server-options.js';
import { runPython } from '../../support/run-python.js';
import { createReplicaDatabase, makeTempFolder } from '../../support/index.js';
import { openAuditWorld, origin, type AuditWorld } from './audit-world.js';

let world: AuditWorld;
beforeAll(async () => {
  world = await openAuditWorld();
});
afterAll(() => world.end());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function places(): Promise<{ ids: string[]; isGapless: boolean }> {
  const { rows } = await world.database.admin.query<{ leaf_id: string; leaf_index: string }>(
    'SELECT leaf_id, leaf_index FROM audit.tree_leaf ORDER BY leaf_index',
  );
  return {
    ids: rows.map(({ leaf_id: id }) => id),
    isGapless: rows.every(({ leaf_index: index }, place) => Number(index) === place),
  };
}

describe('sealing', () => {
  it('says nothing before there is anything', async () => {
    expect(await world.sealer.seal()).toBe(0);
    await expect(world.proofs.checkpoint()).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.verify()).toMatchObject({ entries: 0, findings: [], anchor: null });
  });

  it('misses no row of writers whose transactions are long and overlap, and seals none twice', async () => {
    const other = new AuditSealer(world.app, sealingOptionsOf(world.config));
    let isOver = false;
    const sealing = [world.sealer, other].map(async (sealer) => {
      let sealed = 0;
      while (!isOver) {
        sealed += await sealer.seal();
        await pause(5);
      }
      return sealed;
    });
    // short ones commit around long ones, which began first and whose rows are older
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      const ids: string[] = [];
      for (let round = 0; round < 12; round += 1)
        ids.push(
          ...(await world.write(1 + (round % 3), () => pause(writer < 2 ? 150 : 5).then(() => undefined))),
        );
      return ids;
    });
    const aborted = Array.from({ length: 4 }, () =>
      world.write(3, () => Promise.reject(new Error('rolled back'))).catch(() => []),
    );
    const written = (await Promise.all(writers)).flat();
    await Promise.all(aborted);
    isOver = true;
    const whileWriting = (await Promise.all(sealing)).reduce((sum, sealed) => sum + sealed, 0);
    const rest = await world.sealer.seal();
    const { ids, isGapless } = await places();
    expect(isGapless).toBe(true);
    expect([...ids].sort()).toEqual([...written].sort());
    expect(whileWriting + rest).toBe(written.length);
    expect(whileWriting).toBeGreaterThan(10);
    const { rows } = await world.database.admin.query('SELECT 1 FROM audit.tree_queue');
    expect(rows).toEqual([]);
    expect(await world.verify(false)).toMatchObject({ entries: written.length, findings: [] });
  });

  it('takes a row that commits after younger ones were sealed', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const late = world.write(2, () => held);
    await pause(50);
    const early = await world.write(1);
    expect(await world.sealer.seal()).toBe(1);
    release();
    const lateIds = await late;
    expect(await world.sealer.seal()).toBe(2);
    expect((await places()).ids.slice(-3)).toEqual([...early, ...lateIds]);
    expect(await world.verify(false)).toMatchObject({ findings: [] });
  });

  it('does not let the server take rows out of the queue, nor write places of its own', async () => {
    await world.write(1);
    for (const sql of [
      'DELETE FROM audit.tree_queue',
      'INSERT INTO audit.tree_queue SELECT now(), gen_random_uuid()',
      `INSERT INTO audit.tree_leaf SELECT 10000, gen_random_uuid(), now(), sha256('x')`,
    ])
      await expect(world.app.query(sql)).rejects.toMatchObject({ code: '42501' });
    const enter = 'SELECT audit.enter_leaves($1, ARRAY[gen_random_uuid()], ARRAY[now()], ARRAY[sha256($2)])';
    const { ids } = await places();
    await expect(world.app.query(enter, [ids.length, Buffer.from('x')])).rejects.toThrow(
      /0 of 1 audit rows wait/,
    );
    await expect(world.app.query(enter, [3, Buffer.from('x')])).rejects.toThrow(/the audit tree has/);
  });

  it('keeps its key for itself, and makes no other where checkpoints were signed', async () => {
    const key = join(keyFolders(world.folder).server, 'audit-signing.key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const elsewhere = loadConfig({
      env: {
        HOLDFAST_ROLE: 'primary',
        DATABASE_URL: world.database.urls.app,
        HOLDFAST_QUEUE_DATABASE_URL: world.database.urls.queue,
        HOLDFAST_KEYS_FOLDER: await makeTempFolder('other'),
      },
    });
    const stranger = new AuditSealer(world.app, sealingOptionsOf(elsewhere));
    await world.write(1);
    await expect(stranger.seal()).rejects.toMatchObject({ code: 'audit_signing_key_missing' });
    expect(await world.sealer.seal()).toBeGreaterThan(0);
  });

  it('lets no entry wait on a replica, whose own audit is not sealed', async () => {
    const replica = await createReplicaDatabase();
    try {
      const app = await createDataSource({
        url: replica.urls.replicaApp,
        entities: [],
        applicationName: 'audit test',
      }).initialize();
      const own = new AuditTrail(app, { keysFolder: await makeTempFolder('replica') });
      await own.onModuleInit();
      const entry = {
        action: 'sign-in',
        type: 'session',
        recordId: null,
        fieldNames: [],
        before: null,
        after: null,
      };
      await own.append(app, systemContext('test'), [entry]);
      await app.destroy();
      const { rows } = await replica.admin.query(
        'SELECT (SELECT count(*)::int FROM audit.leaf) AS written, (SELECT count(*)::int FROM audit.tree_queue) AS waiting',
      );
      expect(rows).toEqual([{ written: 1, waiting: 0 }]);
    } finally {
      await replica.drop();
    }
  });

  it('hashes what lies encrypted, and no value in the clear', async () => {
    await world.write(1);
    const [row] = await waitingLeaves(world.app, 1);
    const text = row ? leafText(row) : '';
    expect(JSON.parse(text)).toMatchObject({
      ...{ format: 'holdfast-audit-leaf/1', action: 'create', type: 'contact', fieldNames: ['lastName'] },
      values: { subjectType: 'contact', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(text).not.toContain('Smörgås');
  });
});

describe('the script for outsiders', () => {
  const check = async (content: string, key = world.publicKey, log = origin) => {
    const file = join(await makeTempFolder('proof'), 'proof.json');
    await writeFile(file, content);
    return runPython(['-B', 'docs/reader/check-audit.py', '--origin', log, '--key', key, file]);
  };
  const forged = async (size: number): Promise<string> => {
    const signer = await sealingOptionsOf(world.config).signer(false);
    return signCheckpoint({ size, root: Buffer.alloc(32, 5), at: new Date() }, origin, signer);
  };
  const refused = { exitCode: 1, stdout: '', stderr: expect.stringContaining('refused: ') };

  it('takes checkpoints, and proofs of first, last and middle entries', async () => {
    const ids = await world.sealed(300);
    const { note } = await world.proofs.checkpoint();
    expect(await check(note)).toMatchObject({ exitCode: 0 });
    for (const entry of [(await places()).ids[0] ?? '', ids[0] ?? '', ids[150] ?? '', ids[299] ?? '']) {
      const proof = await world.proofs.inclusion(entry);
      expect(await check(JSON.stringify(proof))).toMatchObject({
        ...{ exitCode: 0, stderr: '' },
        stdout: expect.stringContaining(entry),
      });
    }
  });

  it('takes what was proven before the key of the subject was destroyed, and after', async () => {
    const [entry = ''] = await world.sealed(1);
    const before = await world.proofs.inclusion(entry);
    await world.database.admin.query(
      'DELETE FROM audit.subject_key k USING audit.payload p WHERE p.leaf_id = $1 AND k.subject_id = p.subject_id',
      [entry],
    );
    await world.sealed(4);
    const after = await world.proofs.inclusion(entry);
    expect(after.leaf).toBe(before.leaf);
    expect(after.hashes).not.toEqual(before.hashes);
    for (const proof of [before, after])
      expect(await check(JSON.stringify(proof))).toMatchObject({ exitCode: 0 });
    expect(await world.verify()).toMatchObject({ findings: [] });
  });

  it('refuses a proof of which anything was changed', async () => {
    const [entry = ''] = await world.sealed(3);
    const proof = await world.proofs.inclusion(entry);
    const bad = [
      { ...proof, leaf: proof.leaf.replace('contact', 'account') },
      { ...proof, index: proof.index - 1 },
      { ...proof, index: 10_000_000 },
      { ...proof, hashes: proof.hashes.slice(1) },
      { ...proof, hashes: [...proof.hashes, proof.hashes[0]] },
      { ...proof, hashes: [...proof.hashes].reverse() },
      {
        ...proof,
        checkpoint: proof.checkpoint.replace(/\n(\d+)\n/, (_, size) => `\n${String(Number(size) + 1)}\n`),
      },
      { ...proof, checkpoint: proof.checkpoint.replace(/\n— .*\n$/, '\n') },
      // the same tree under another time: only the signature tells
      { ...proof, checkpoint: proof.checkpoint.replace(/\ntime \d{4}/, '\ntime 1999') },
      { ...proof, format: 'holdfast-audit-inclusion/2' },
    ];
    for (const one of bad) expect(await check(JSON.stringify(one))).toMatchObject(refused);
    expect(await check(JSON.stringify(proof), Buffer.alloc(32, 1).toString('base64'))).toMatchObject(refused);
    expect(await check(JSON.stringify(proof), world.publicKey, 'holdfast-audit/other')).toMatchObject(
      refused,
    );
    expect((await check(JSON.stringify(proof), 'AAAA')).exitCode).toBe(2);
    expect(await check('{')).toMatchObject(refused);
  });

  it('takes that each checkpoint begins with those before, and refuses any other', async () => {
    const { rows } = await world.database.admin.query<{ size: string }>(
      'SELECT size FROM replication.audit_checkpoint ORDER BY size',
    );
    const sizes = rows.map(({ size }) => Number(size));
    const picked = [
      sizes[0] ?? 0,
      sizes[3] ?? 0,
      sizes[Math.floor(sizes.length / 2)] ?? 0,
      sizes.at(-1) ?? 0,
    ];
    for (const from of picked)
      for (const to of picked.filter((size) => size >= from)) {
        const proof = await world.proofs.consistency(from, to);
        expect([from, to, (await check(JSON.stringify(proof))).exitCode]).toEqual([from, to, 0]);
        if (from === to) continue;
        const broken = [
          { ...proof, first: proof.second, second: proof.first },
          { ...proof, hashes: proof.hashes.slice(0, -1) },
          { ...proof, hashes: [...proof.hashes, proof.hashes[0]] },
          { ...proof, second: proof.first },
          // properly signed, and of another history
          { ...proof, first: await forged(from) },
          { ...proof, second: await forged(to) },
        ];
        for (const one of broken) expect(await check(JSON.stringify(one))).toMatchObject(refused);
      }
    await expect(world.proofs.consistency(1_000_000, 1_000_001)).rejects.toMatchObject({ code: 'not_found' });
  }, 120_000);
});
