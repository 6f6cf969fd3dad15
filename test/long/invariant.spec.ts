import { expect, it } from '@jest/globals';
import { runInvariant } from '../integration/connector/invariant-run.js';

const MINUTE_MS = 60_000;

it(
  'holds for ten minutes: every state of the replica is the committed state of the policy views at its snapshot',
  async () => {
    const report = await runInvariant({ durationMs: 10 * MINUTE_MS, withDatabase: true });
    process.stderr.write(`${JSON.stringify(report)}\n`);
    expect(report).toMatchObject({ differing: 0, brokenSums: 0, isExactAtEnd: true, examples: [] });
    expect(report.deltas).toBeGreaterThan(200);
  },
  15 * MINUTE_MS,
);
