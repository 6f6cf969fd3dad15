// The alert rules that administrators load into Prometheus: sound, tested, explained, and about metrics that exist.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const RULES = 'config/monitoring/holdfast.rules.yaml';
const TESTS = 'test/integration/operations/alert-rules.test.yaml';

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

/** names of the metrics that the program registers */
function metricsOfProgram(): Set<string> {
  const files = ['src', 'connector'].flatMap((folder) =>
    (readdirSync(folder, { recursive: true }) as string[]).map((name) => join(folder, name)),
  );
  const code = files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(file, 'utf8'));
  return new Set(
    code.flatMap((text) => [...text.matchAll(/name: '(holdfast_\w+)'/g)].map(([, name]) => name ?? '')),
  );
}

describe('the alert rules', () => {
  it('are ones that Prometheus takes', () => {
    expect(promtool('check', 'rules', RULES)).toMatchObject({ status: 0 });
    expect(rules.length).toBeGreaterThanOrEqual(10);
  });

  it('fire when something is wrong, and only then', () => {
    const { status, output } = promtool('test', 'rules', TESTS);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
    const tested = readFileSync(TESTS, 'utf8');
    for (const { alert } of rules)
      expect([alert, tested.includes(`alertname="${alert}"`)]).toEqual([alert, true]);
  });

  it('ask for metrics that the program has', () => {
    const known = metricsOfProgram();
    const asked = rules.flatMap(({ expr }) => expr.match(/holdfast_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(10);
    for (const name of asked)
      expect([name, known.has(name.replace(/_(count|sum|bucket)$/, ''))]).toEqual([name, true]);
  });

  it.each(rules)('say what it means and what to do: $alert', ({ annotations, labels }) => {
    for (const part of ['summary', 'effect', 'action'])
      expect(annotations[part]?.length ?? 0).toBeGreaterThan(10);
    expect(['critical', 'warning']).toContain(labels.severity);
  });
});
