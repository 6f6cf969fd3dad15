// `npm run dev`: the whole product with reload. The server, connector and replica of `npm start` run on what was last
// built and start anew when a source file changes; Vite serves the web UI from source. Data lies in .holdfast-dev/;
// arguments go to the start command (`npm run dev -- --no-demo`).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const watched = ['src', 'connector', 'migrations'].filter((folder) => existsSync(join(root, folder)));
// files are often saved several at a time
const calmMs = 300;
const words = process.argv.slice(2);
const valueOf = (flag, otherwise) =>
  words.includes(flag)
    ? words[words.indexOf(flag) + 1]
    : (words.find((word) => word.startsWith(`${flag}=`))?.split('=')[1] ?? otherwise);
const port = valueOf('--port', '8080');
const home = words.some((word) => word.startsWith('--home')) ? [] : ['--home', join(root, '.holdfast-dev')];

let product;
let isStopping = false;
let isBusy = false;
let isDirty = false;

function build() {
  const script = join(root, 'scripts/build.mjs');
  return spawnSync(process.execPath, [script], { cwd: root, stdio: 'inherit' }).status === 0;
}

function startProduct() {
  const main = join(root, 'dist/src/cli/quickstart/main.js');
  product = spawn(process.execPath, ['--enable-source-maps', main, ...home, ...words], {
    cwd: root,
    stdio: 'inherit',
    // Ctrl-C reaches only this process, which then stops the parts in order
    detached: true,
  });
  product.on('exit', (code) => {
    if (!isStopping && !isBusy)
      console.error(`the product ended with code ${code}; it starts anew at the next change`);
  });
}

async function stopProduct() {
  if (!product || product.exitCode !== null || product.signalCode !== null) return;
  const ended = once(product, 'exit');
  product.kill('SIGTERM');
  await ended;
}

async function restart() {
  if (isBusy) {
    isDirty = true;
    return;
  }
  isBusy = true;
  do {
    isDirty = false;
    // a source that does not compile leaves the running product alone
    if (!build()) break;
    await stopProduct();
    if (!isStopping) startProduct();
  } while (isDirty && !isStopping);
  isBusy = false;
}

let calm;
for (const folder of watched)
  watch(join(root, folder), { recursive: true }, (_, name) => {
    if (!name?.endsWith('.ts') || name.endsWith('.spec.ts')) return;
    clearTimeout(calm);
    calm = setTimeout(() => void restart(), calmMs);
  });

const web = spawn(process.execPath, [join(root, 'node_modules/vite/bin/vite.js')], {
  cwd: join(root, 'web'),
  stdio: 'inherit',
  env: { ...process.env, HOLDFAST_URL: `http://127.0.0.1:${port}` },
});

async function stop() {
  if (isStopping) return;
  isStopping = true;
  web.kill('SIGTERM');
  await stopProduct();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

await restart();
