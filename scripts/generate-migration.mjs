// Writes the migration of the record tables from the record classes: `npm run migration:generate` prints the
// statements of every type as a TypeORM migration; `--write <file>` puts it there.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
await import('reflect-metadata');
await import(join(root, 'dist/src/crm/record-types.js'));
const { recordTypes, recordStatements } = await import(join(root, 'dist/src/records/index.js'));

const statements = recordStatements(recordTypes());
const text = `import type { MigrationInterface, QueryRunner } from 'typeorm';

// Generated from the record classes by \`npm run migration:generate\`; test/integration/database/schema-difference.spec.ts
// fails when a class and the migrated tables differ.
const statements = [
${statements.map((statement) => `  \`${statement.replaceAll('\\', '\\\\')}\`,`).join('\n')}
];

export class CreateRecordTables1763800100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new TypeError('the record tables are never taken back: restore a backup instead'));
  }
}
`;
const options = await resolveConfig(join(root, 'migrations/x.ts'));
const pretty = await format(text, { ...options, parser: 'typescript' });
const at = process.argv.indexOf('--write');
if (at > 0) await writeFile(process.argv[at + 1], pretty);
else process.stdout.write(pretty);
