import { describe, expect, it } from '@jest/globals';
import { ConnectorDatabase } from '../../../connector/connector-database.js';
import { runInvariant } from './invariant-run.js';
import { forgetDependents, ReadCommitted, SequenceCursor, XminHorizon } from './known-shortcuts.js';

const MINUTE_MS = 60_000;
const MUTANT_MS = 45_000;

describe('the invariant', () => {
  it(
    'holds for a minute: every state of the replica is the committed state of the policy views at its snapshot',
    async () => {
      const report = await runInvariant({ durationMs: MINUTE_MS, withDatabase: true });
      expect(report).toMatchObject({ differing: 0, brokenSums: 0, isExactAtEnd: true, examples: [] });
      expect(report.deltas).toBeGreaterThan(20);
      expect(report.transactions).toBeGreaterThan(500);
    },
    3 * MINUTE_MS,
  );

  it(
    'holds for each generation that is made beside the chain while everybody writes',
    async () => {
      const report = await runInvariant({
        ...{ durationMs: MINUTE_MS / 2, withDatabase: false },
        publisher: () =>
          Promise.resolve({
            rebaseRows: 500,
            rebaseRules: { maxBatches: 8, graceMs: 0, pauseFactor: 0, lookEveryMs: 0 },
          }),
      });
      expect(report).toMatchObject({ differing: 0, brokenSums: 0, isExactAtEnd: true, examples: [] });
      expect(report.rebases).toBeGreaterThan(1);
    },
    3 * MINUTE_MS,
  );

  it(
    'catches a cursor over a sequence',
    async () => {
      const report = await runInvariant({
        ...{ durationMs: MUTANT_MS, withDatabase: false, stopAtFirst: true },
        publisher: async (world) => {
          await world.sql('ALTER TABLE replication.change ADD COLUMN seq bigserial');
          return { keys: new SequenceCursor() };
        },
      });
      expect(report.differing + report.brokenSums).toBeGreaterThan(0);
    },
    2 * MINUTE_MS,
  );

  it(
    'catches an xmin horizon with current rows',
    async () => {
      const publisher = () => Promise.resolve({ keys: new XminHorizon() });
      const report = await runInvariant({
        durationMs: MUTANT_MS,
        withDatabase: false,
        stopAtFirst: true,
        publisher,
      });
      expect(report.differing + report.brokenSums).toBeGreaterThan(0);
    },
    2 * MINUTE_MS,
  );

  it(
    'catches READ COMMITTED',
    async () => {
      const databases: ConnectorDatabase[] = [];
      const report = await runInvariant({
        ...{ durationMs: MUTANT_MS, withDatabase: false, stopAtFirst: true },
        publisher: (world) => {
          const db = new ConnectorDatabase(world.database.urls.connector, () => undefined);
          databases.push(db);
          return Promise.resolve({ reader: new ReadCommitted(db) });
        },
      });
      for (const db of databases) await db.close();
      expect(report.differing + report.brokenSums).toBeGreaterThan(0);
    },
    2 * MINUTE_MS,
  );

  it.each([
    ['account', 'activity'],
    ['account', 'case'],
    ['campaign', 'lead'],
  ])(
    'catches a change of %s that does not reach %s, two levels further',
    async (changed, far) => {
      const report = await runInvariant({
        ...{ durationMs: 2 * MUTANT_MS, withDatabase: false, stopAtFirst: true },
        publisher: async (world) => {
          await forgetDependents(world, changed, far);
          return {};
        },
      });
      expect(report.differing + report.brokenSums).toBeGreaterThan(0);
    },
    4 * MINUTE_MS,
  );

  it(
    'catches a link that does not say which record it named before',
    async () => {
      const report = await runInvariant({
        ...{ durationMs: 2 * MUTANT_MS, withDatabase: false, stopAtFirst: true },
        publisher: async (world) => {
          await world.sql(`UPDATE replication.capture_rule SET links = '{}'`);
          await world.sql('SELECT replication.sync_capture()');
          return {};
        },
      });
      expect(report.differing + report.brokenSums).toBeGreaterThan(0);
    },
    4 * MINUTE_MS,
  );
});
