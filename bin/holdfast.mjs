#!/usr/bin/env node
// The `holdfast` command. It runs on the Node 24 that npm installed beside it, whatever Node started it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const own = join(root, 'node_modules/.bin/node');
const isOldNode = Number(process.versions.node.split('.')[0]) < 24;
const node = isOldNode && existsSync(own) ? own : process.execPath;
const entry = join(root, 'dist/src/cli/main.js');

if (!existsSync(entry)) {
  const built = spawnSync(node, [join(root, 'scripts/build.mjs')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
const result = spawnSync(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(result.status ?? 1);
