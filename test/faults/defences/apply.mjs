// Takes a defence out of the product's source while it is loaded, for `npm run faults -- --without F07`. The files on
// disk stay as they are, and the product knows nothing of it.
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defences } from './index.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/**
 * The source of one file without the defence of `id`; as it is where the defence lies elsewhere.
 * @param path from the checkout, with `/`
 * @throws RangeError where a text that is to be replaced is not there exactly once: then the table is out of date
 */
export function without(id, path, source) {
  const edits = defences[id]?.edits.filter(({ file }) => file === path) ?? [];
  return edits.reduce((text, { find, replace }) => {
    const found = text.split(find).length - 1;
    if (found !== 1)
      throw new RangeError(`${id}: ${path} has this ${found} times, it must be once:\n${find}`);
    return text.replace(find, () => replace);
  }, source);
}

/** The same for a file that is being loaded, and the defence that this run leaves out, if any. */
export function withoutDefence(source, filename) {
  const id = process.env.HOLDFAST_TEST_WITHOUT;
  return id === undefined ? source : without(id, relative(checkout, filename).split(sep).join('/'), source);
}
