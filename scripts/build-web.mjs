// Builds the web UI on the Node that runs this script; `npm run build --workspace web` would use whatever node is first in PATH.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vite = join(root, 'node_modules/vite/bin/vite.js');
const result = spawnSync(process.execPath, [vite, 'build'], { cwd: join(root, 'web'), stdio: 'inherit' });
process.exit(result.status ?? 1);
