// `npm start`: builds what changed, then runs the whole product on this machine. See docs/quickstart.md.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function newestIn(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function step(label, command, args) {
  process.stdout.write(`  ${label} … `);
  const begun = Date.now();
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) {
    process.stdout.write('failed\n');
    process.stderr.write(
      `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? result.error.message : ''}\n`,
    );
    process.exit(1);
  }
  process.stdout.write(`${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
}

console.log('Holdfast');
step('building the server', process.execPath, [join(root, 'scripts/build.mjs')]);
const page = join(root, 'web/dist/index.html');
if (!existsSync(page) || statSync(page).mtimeMs < newestIn(join(root, 'web'))) {
  step('building the web UI', process.execPath, [join(root, 'scripts/build-web.mjs')]);
}

const child = spawn(
  process.execPath,
  [join(root, 'dist/src/cli/quickstart/main.js'), ...process.argv.slice(2)],
  { cwd: process.cwd(), stdio: 'inherit' },
);
// Ctrl-C reaches the whole process group, a supervisor's signal this process alone: the child takes the two for one.
process.on('SIGINT', () => child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) =>
  process.exit(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)),
);
