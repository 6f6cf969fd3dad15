// A change of one place in a policy's text that leaves every other letter as it is: comments, order, spacing.
import { isMap, type Document, type YAMLMap } from 'yaml';
import { endOf, isTree, openText, type Path } from './policy-text.js';
import { afterKey, columnOf, cut, isNothing, pairOf, put, splice, type Value } from './splice-text.js';

/** Puts a value at a place; what leads there is made where it is missing. */
export function setAt(text: string, path: Path, value: Value): string {
  const wanted = openText(text);
  // `product:` is nothing yet, in which nothing can be put
  for (let depth = 1; depth < path.length; depth += 1) {
    const way = path.slice(0, depth);
    if (wanted.hasIn(way) && isNothing(wanted.getIn(way, true))) wanted.setIn(way, wanted.createNode({}));
  }
  wanted.setIn(path, wanted.createNode(value));
  return proven(text, wanted, (root) => put(text, root, path, value));
}

/** Puts words that are YAML themselves at a place, as they are written. Null: they are none, and nothing changes. */
export function setWords(text: string, path: Path, words: string): string | null {
  const given = openText(words);
  if (given.errors.length > 0 || given.contents === null) return null;
  const plain = setAt(text, path, given.toJS() as Value);
  const root = openText(plain).contents;
  const map: unknown = isMap(root) ? root.getIn(path.slice(0, -1), true) : undefined;
  const pair = isMap(map) ? pairOf(map, path.at(-1) ?? '') : undefined;
  if (!isMap(map) || !pair) return plain;
  const margin = ' '.repeat(columnOf(plain, pair.key) + 2);
  const isInLine = !isMap(given.contents) || given.contents.flow === true;
  const lines = words.trim().split('\n').join(`\n${margin}`);
  const put = isInLine ? ` ${lines}` : `\n${margin}${lines}`;
  const written = splice(plain, afterKey(plain, pair.key), endOf(pair.value), put);
  const now = openText(written);
  return now.errors.length === 0 && isEqual(now.toJS(), openText(plain).toJS()) ? written : plain;
}

/** Takes a place away, and what would be left empty by that. Nothing there: nothing changes. */
export function removeAt(text: string, path: Path): string {
  const root = openText(text).contents;
  if (!isMap(root) || !root.hasIn(path)) return text;
  const gone = leastOf(root, path);
  const wanted = openText(text);
  const parent: unknown = wanted.getIn(gone.slice(0, -1), true);
  // `types` without a type is written down; a type of which nothing is said stays a type
  const isLast = isMap(parent) && parent.items.length === 1;
  if (isLast && gone.length === 2) wanted.setIn(gone.slice(0, 1), wanted.createNode({}));
  else if (isLast && gone.length === 3) wanted.setIn(gone.slice(0, 2), null);
  else wanted.deleteIn(gone);
  return proven(text, wanted, () => cut(text, root, gone));
}

/** The longest path whose removal leaves no empty mapping behind, up to a type and up to `types`. */
function leastOf(root: YAMLMap, path: Path): Path {
  const [top = ''] = path;
  const floor = top === 'types' ? (path.length > 2 ? 3 : 2) : 1;
  let gone = path;
  while (gone.length > floor) {
    const parent: unknown = root.getIn(gone.slice(0, -1), true);
    if (!isMap(parent) || parent.items.length > 1) break;
    gone = gone.slice(0, -1);
  }
  return gone;
}

/**
 * The text with the change where it says what is wanted. Where it does not, because it is written in a way that was not
 * thought of, the library writes the document anew: comments and order stay, spacing may not.
 */
function proven(text: string, wanted: Document, change: (root: YAMLMap) => string): string {
  const root = openText(text).contents;
  if (isMap(root)) {
    const changed = change(root);
    const now = openText(changed);
    if (now.errors.length === 0 && isEqual(now.toJS(), wanted.toJS())) return changed;
  }
  return wanted.toString({ lineWidth: 0 });
}

/** Whatever the order of keys. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isTree(a) || !isTree(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}
