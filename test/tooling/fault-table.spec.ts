import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';

interface Defence {
  what: string;
  edits: { file: string; find: string; replace: string }[];
}
const require = createRequire(import.meta.url);
const { defences } = require('../faults/defences/index.mjs') as { defences: Record<string, Defence> };
const { without } = require('../faults/defences/apply.mjs') as {
  without: (id: string, path: string, source: string) => string;
};
const { judge } = require('../../scripts/testing/fault-runs.mjs') as {
  judge: (report: object | null) => { verdict: string };
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const all = Array.from({ length: 27 }, (_, index) => `F${String(index + 1).padStart(2, '0')}`);
const titles = readdirSync(join(root, 'test/faults'))
  .filter((name) => name.endsWith('.spec.ts'))
  .flatMap((name) => [
    ...readFileSync(join(root, 'test/faults', name), 'utf8').matchAll(/^\s*(?:it\w*\(|)['"`](F\d\d) /gm),
  ])
  .map(([, id]) => id ?? '');
const configFile = join(root, '.swcrc');

describe('the fault table', () => {
  it('has a test and a defence for each fault', () => {
    expect([...new Set(titles)].sort()).toEqual(all);
    expect(Object.keys(defences).sort()).toEqual(all);
  });

  it.each(all)('%s: its defence stands where the table says, and what is left without it compiles', (id) => {
    const edits = defences[id]?.edits ?? [];
    expect(edits.length).toBeGreaterThan(0);
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const source = readFileSync(join(root, file), 'utf8');
      const edited = without(id, file, source);
      expect(edited).not.toBe(source);
      expect(() => transformSync(edited, { configFile, filename: join(root, file) })).not.toThrow();
    }
  });

  it('refuses a text that is there twice, or not at all', () => {
    const [edit] = defences['F01']?.edits ?? [];
    const { file = '', find = '' } = edit ?? {};
    expect(() => without('F01', file, `${find} ${find}`)).toThrow('2 times');
    expect(() => without('F01', file, '')).toThrow('0 times');
  });
});

describe('the verdict on a run without a defence', () => {
  const run = (...assertionResults: object[]) =>
    judge({ testResults: [{ message: '', assertionResults }] }).verdict;
  const failed = (message: string) => ({ status: 'failed', fullName: 'F01 x', failureMessages: [message] });

  it('counts assertions that do not hold and states that never came, and nothing else', () => {
    expect(run(failed('Error: expect(received).toEqual(expected)'))).toBe('proven');
    expect(run(failed('Error: waited 10000 ms for the batch; last seen: 1'))).toBe('proven');
    expect(run(failed('ReferenceError: policy is not defined'))).toBe('unclear');
    expect(run(failed('Error: expect('), failed('SyntaxError: Unexpected token'))).toBe('unclear');
    expect(run(failed('Error: expect('), { status: 'passed', fullName: 'F01 y' })).toBe('passed');
    expect(run()).toBe('unclear');
    expect(judge(null).verdict).toBe('unclear');
  });
});
