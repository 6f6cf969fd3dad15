import { describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
}
const require = createRequire(import.meta.url);
const { count } = require('../../scripts/testing/jest-projects.mjs') as {
  count: (report: object | null, exitCode: number) => Counts;
};

const test = (status: string, fullName = 'keeps it') => ({ status, fullName });
const suite = (status: string, ...assertionResults: object[]) => ({
  status,
  assertionResults,
  name: '/x.spec.ts',
});

describe('the count that `npm test` ends with', () => {
  it('counts tests, not suites, and leaves out what was skipped', () => {
    const report = { testResults: [suite('passed', test('passed'), test('passed'), test('pending'))] };
    expect(count(report, 0)).toEqual({ passed: 2, failed: 0, skipped: 1, failures: [] });
  });

  it('counts a suite that does not load as one failed test', () => {
    const report = { testResults: [suite('failed'), suite('passed', test('passed'))] };
    expect(count(report, 1)).toMatchObject({ passed: 1, failed: 1, failures: ['/x.spec.ts does not load'] });
  });

  it('names each failed test', () => {
    const report = {
      testResults: [suite('failed', test('failed', 'a'), test('failed', 'b'), test('passed'))],
    };
    expect(count(report, 1)).toMatchObject({
      passed: 1,
      failed: 2,
      failures: ['/x.spec.ts: a', '/x.spec.ts: b'],
    });
  });

  it('counts a Jest that ended without a report, or badly without a failed test, as a failure', () => {
    expect(count(null, 0)).toMatchObject({ passed: 0, failed: 1 });
    expect(count({ testResults: [suite('passed', test('passed'))] }, 1)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('is zero for a project without tests', () => {
    expect(count({ testResults: [] }, 0)).toEqual({ passed: 0, failed: 0, skipped: 0, failures: [] });
  });
});
