// Transpiles server, connector and migrations to dist/ with swc (types are checked by `npm run typecheck`).
// Files whose source did not change since the last build are left alone, so a start costs little.
import { transformFile } from '@swc/core';
import { mkdir, readdir, stat, writeFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const rooms = ['src', 'connector', 'migrations'];

async function* sources(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') && !entry.name.endsWith('.d.ts'))
      yield path;
  }
}

async function olderThan(target, source) {
  const [a, b] = await Promise.all([stat(target).catch(() => null), stat(source)]);
  return a === null || a.mtimeMs < b.mtimeMs;
}

async function transpile(source) {
  const target = join(root, 'dist', relative(root, source)).replace(/\.ts$/, '.js');
  if (!(await olderThan(target, source))) return target;
  const { code, map } = await transformFile(source, {
    configFile: join(root, '.swcrc'),
    sourceFileName: source,
  });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, `${code}\n//# sourceMappingURL=${target.split('/').pop()}.map\n`);
  if (map) await writeFile(`${target}.map`, map);
  return target;
}

async function removeStale(kept) {
  const dist = join(root, 'dist');
  for (const room of rooms) {
    const folder = join(dist, room);
    if (!(await stat(folder).catch(() => null))) continue;
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && path.endsWith('.js') && !kept.has(path)) await rm(path);
    }
  }
}

const kept = new Set();
for (const room of rooms) {
  if (!(await stat(join(root, room)).catch(() => null))) continue;
  const jobs = [];
  for await (const source of sources(join(root, room))) jobs.push(transpile(source));
  for (const target of await Promise.all(jobs)) kept.add(target);
}
await removeStale(kept);
