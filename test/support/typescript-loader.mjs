// Lets plain Node import the project's TypeScript, for what runs outside Jest's workers: global set-up and scripts.
import { transformSync } from '@swc/core';
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const configFile = join(root, '.swcrc');
// a fault test's child process does without the same defence as the test
const { withoutDefence } =
  process.env.HOLDFAST_TEST_WITHOUT === undefined
    ? { withoutDefence: (source) => source }
    : await import('../faults/defences/apply.mjs');

function isOwn(url) {
  return url?.startsWith('file:') && !url.includes('/node_modules/') && !url.includes('/dist/');
}

registerHooks({
  resolve(specifier, context, next) {
    if (isOwn(context.parentURL) && specifier.startsWith('.') && specifier.endsWith('.js')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return next(source.href, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!isOwn(url) || !url.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(withoutDefence(readFileSync(filename, 'utf8'), filename), {
      configFile,
      filename,
      sourceMaps: 'inline',
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
