import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const require = createRequire(import.meta.url);
const { forbidden } = require(join(root, '.dependency-cruiser.cjs')) as {
  forbidden: { name: string; comment?: string }[];
};

/** One seeded violation per rule: which file, and what it imports. */
const seeds: Record<string, [file: string, imports: string]> = {
  'no-circular': ['src/records/one.ts', './two.js'],
  'platform-knows-nothing-above': ['src/platform/queue/index.ts', '../../records/index.js'],
  'foundations-know-no-features': ['src/records/engine.ts', '../crm/deals/index.js'],
  'features-know-no-composition': ['src/crm/deals/deal.service.ts', '../../primary.module.js'],
  'modules-know-no-entry-point': ['src/primary.module.ts', './main.js'],
  'audit-stands-alone': ['src/audit/trail.ts', '../records/index.js'],
  'records-import-only-audit': ['src/records/write.ts', '../access/index.js'],
  'access-files-replication-meet-in-records': ['src/access/login.ts', '../files/index.js'],
  'enter-parts-through-index': ['src/access/store.ts', '../platform/database/pool.js'],
  'enter-neighbour-parts-through-index': ['src/crm/deals/forecast.ts', '../contacts/merge.js'],
  'enter-folders-through-index': ['src/crm/deals/import.ts', '../../records/two.js'],
  'enter-neighbour-folders-through-index': ['src/imports/run.ts', '../records/two.js'],
  'record-types-link-by-name': ['src/crm/deals/deal.record.ts', './stage.record.js'],
  'connector-sees-replication-and-platform': ['connector/publish/worker.ts', '../../src/records/index.js'],
  'server-never-imports-connector': ['src/main.ts', '../connector/publish/index.js'],
  'web-stands-alone': ['web/src/app.ts', '../../src/records/index.js'],
  'nobody-imports-web': ['src/platform/http/index.ts', '../../../web/src/app.js'],
  'migrations-stand-alone': ['migrations/1763800000001-x.ts', '../src/records/index.js'],
  'production-imports-no-tests': ['src/cli/demo.ts', '../../test/support/seed.js'],
  'production-imports-no-tools': ['src/cli/pretty.ts', 'prettier'],
  'nothing-unresolvable': ['src/cli/lost.ts', './nowhere.js'],
};

/** What the seeds import, and code that keeps every rule. */
const clean: Record<string, string[]> = {
  'src/records/index.ts': ['../audit/index.js', '../platform/database/index.js'],
  'src/records/two.ts': ['./one.js'],
  'src/audit/index.ts': ['../platform/database/index.js'],
  'src/access/index.ts': ['../records/index.js'],
  'src/files/index.ts': ['../platform/database/index.js'],
  'src/crm/deals/index.ts': ['./deal.service.js', '../contacts/index.js', '../../records/index.js'],
  'src/crm/deals/stage.record.ts': ['../../records/index.js'],
  'src/crm/contacts/index.ts': [],
  'src/crm/contacts/merge.ts': [],
  'src/platform/database/index.ts': ['./pool.js'],
  'src/platform/database/pool.ts': [],
  'src/replication/format/index.ts': ['../../platform/database/index.js'],
  'connector/publish/index.ts': ['../../src/replication/format/index.js'],
  'src/replica.module.ts': ['./crm/deals/index.js', './access/index.js'],
  'test/support/seed.ts': [],
};

const importing = (specifier: string) => `import * as it from '${specifier}';\nexport const used = it;\n`;

interface Violation {
  rule: { name: string };
  from: string;
}

async function findViolations(): Promise<Violation[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-boundaries-'));
  try {
    for (const name of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json'])
      await copyFile(join(root, name), join(folder, name));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const files = { ...clean };
    for (const [file, specifier] of Object.values(seeds)) files[file] = [...(files[file] ?? []), specifier];
    for (const [file, specifiers] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      const lines = specifiers.map((specifier, index) =>
        importing(specifier).replaceAll(/\b(it|used)\b/g, `$1${index}`),
      );
      await writeFile(join(folder, file), lines.join('') || 'export {};\n');
    }
    return await cruise(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function cruise(folder: string): Promise<Violation[]> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    const folders = ['src', 'connector', 'migrations', 'web/src'];
    execFile(process.execPath, [...args, ...folders], { cwd: folder, maxBuffer: 1e8 }, (error, stdout) => {
      // a violation is an error to dependency-cruiser, with its report on stdout all the same
      if (!stdout) reject(error ?? new Error('dependency-cruiser said nothing'));
      else resolve((JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations);
    });
  });
}

describe('boundaries', () => {
  let violations: Violation[] = [];
  beforeAll(async () => {
    violations = await findViolations();
  });

  it('have a seeded violation each, and a comment that says what to do instead', () => {
    expect(Object.keys(seeds).sort()).toEqual(forbidden.map(({ name }) => name).sort());
    for (const { name, comment } of forbidden)
      expect([name, (comment ?? '').length > 40]).toEqual([name, true]);
  });

  it.each(Object.entries(seeds))('%s is seen when broken', (rule, [file]) => {
    expect(violations.filter(({ from }) => from === file).map((found) => found.rule.name)).toContain(rule);
  });

  it('let code that keeps them pass', () => {
    const seeded = new Set(Object.values(seeds).map(([file]) => file));
    const wronged = violations.filter(({ from, rule }) => !seeded.has(from) && rule.name !== 'no-circular');
    expect(wronged).toEqual([]);
  });
});
