// Where in a policy's text a change goes, and the words that go there.
import { Document, isMap, isScalar, type Node, type Pair, type YAMLMap } from 'yaml';
import { endOf, isEntry, isTree, isUnwritten, type Path } from './policy-text.js';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

export const pairOf = (map: YAMLMap, key: string): Pair<Node, Node | null> | undefined =>
  (map.items as Pair<Node, Node | null>[]).find((pair) => isEntry(pair.key) && pair.key.value === key);

export const isNothing = (node: unknown): boolean => node === null || (isScalar(node) && node.value === null);

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
};
const lineStart = (text: string, from: number): number => text.lastIndexOf('\n', from - 1) + 1;
export const columnOf = (text: string, node: Node): number => {
  const start = node.range?.[0] ?? 0;
  return start - lineStart(text, start);
};
/** Behind the colon. */
export const afterKey = (text: string, key: Node): number => text.indexOf(':', key.range?.[1] ?? 0) + 1;

/** What people read line by line; all else stands in one. */
function isListed(path: Path): boolean {
  const [top, , part] = path;
  if (path.length === 1) return top === 'types' || top === 'allow' || top === 'defaults';
  return (
    top === 'types' && (path.length === 2 || (path.length === 3 && (part === 'fields' || part === 'custom')))
  );
}

export function put(text: string, root: YAMLMap, path: Path, value: Value): string {
  let map = root;
  for (const [depth, key] of path.entries()) {
    const here = path.slice(0, depth + 1);
    const rest = path.slice(depth + 1).reduceRight<Value>((inner, name) => ({ [name]: inner }), value);
    const pair = pairOf(map, key);
    if (!pair) return insert(text, map, here, rest);
    const isEmpty = isNothing(pair.value) || (isMap(pair.value) && pair.value.items.length === 0);
    if (depth === path.length - 1 || isEmpty) return replace(text, map, pair, here, rest);
    if (!isMap(pair.value)) return text;
    map = pair.value;
  }
  return text;
}

function insert(text: string, map: YAMLMap, path: Path, value: Value): string {
  const [first] = map.items as Pair<Node, Node | null>[];
  const last = map.items.at(-1) as Pair<Node, Node | null> | undefined;
  if (!first || !last) return text;
  const end = isUnwritten(last.value) ? afterKey(text, last.key) : endOf(last.value);
  if (map.flow === true) return splice(text, end, end, `, ${entry(path, value)}`);
  const at = lineEnd(text, end);
  const indent = columnOf(text, first.key);
  return splice(text, at, at, `\n${listed(path, value, indent)}`);
}

function replace(
  text: string,
  map: YAMLMap,
  pair: Pair<Node, Node | null>,
  path: Path,
  value: Value,
): string {
  const from = afterKey(text, pair.key);
  const indent = columnOf(text, pair.key);
  const isBlock = map.flow !== true && isListed(path) && isTree(value) && Object.keys(value).length > 0;
  if (isNothing(pair.value)) {
    if (!isBlock) return splice(text, from, from, ` ${inline(value)}`);
    const at = lineEnd(text, from);
    return splice(text, at, at, `\n${under(path, value, indent)}`);
  }
  const end = endOf(pair.value);
  if (isBlock) return splice(text, from, end, `\n${under(path, value, indent)}`);
  const isInLine = isScalar(pair.value) || (pair.value as YAMLMap).flow === true;
  const start = isInLine ? (pair.value?.range?.[0] ?? from) : from;
  return splice(text, start, end, isInLine ? inline(value) : ` ${inline(value)}`);
}

export function cut(text: string, root: YAMLMap, path: Path): string {
  const map: unknown = path.length === 1 ? root : root.getIn(path.slice(0, -1), true);
  const pair = isMap(map) ? pairOf(map, path.at(-1) ?? '') : undefined;
  if (!isMap(map) || !pair) return text;
  const end = isUnwritten(pair.value) ? afterKey(text, pair.key) : endOf(pair.value);
  const start = pair.key.range?.[0] ?? 0;
  const parent = pairOf(root, path[0] ?? '');
  if (map.items.length === 1 && path.length === 2 && parent)
    return splice(text, afterKey(text, parent.key), endOf(map), ' {}');
  if (map.items.length === 1 && path.length === 3 && map.flow === true)
    return splice(text, map.range?.[0] ?? start, endOf(map), '');
  if (map.flow !== true) return splice(text, lineStart(text, start), lineEnd(text, end) + 1, '');
  const at = map.items.indexOf(pair);
  const before = map.items[at - 1] as Pair<Node, Node | null> | undefined;
  const next = map.items[at + 1] as Pair<Node, Node | null> | undefined;
  if (before) return splice(text, endOf(before.value ?? before.key), end, '');
  return next ? splice(text, start, next.key.range?.[0] ?? end, '') : text;
}

export const splice = (text: string, from: number, to: number, words: string): string =>
  text.slice(0, from) + words + text.slice(to);

const entry = (path: Path, value: Value): string => `${inline(path.at(-1) ?? '')}: ${inline(value)}`;

/** An entry on lines of its own. */
function listed(path: Path, value: Value, indent: number): string {
  const margin = ' '.repeat(indent);
  if (value === null) return `${margin}${inline(path.at(-1) ?? '')}:`;
  if (!isListed(path) || !isTree(value) || Object.keys(value).length === 0)
    return margin + entry(path, value);
  return `${margin}${inline(path.at(-1) ?? '')}:\n${under(path, value, indent)}`;
}

const under = (path: Path, value: Value, indent: number): string =>
  Object.entries(value as Record<string, Value>)
    .map(([key, inner]) => listed([...path, key], inner, indent + 2))
    .join('\n');

/** In one line as people write it, `{ a: [b, c] }`; quoted where that is needed, also inside of brackets. */
export function inline(value: Value): string {
  if (isList(value)) return `[${value.map(inline).join(', ')}]`;
  if (isTree(value)) {
    const entries = Object.entries(value as Record<string, Value>);
    if (entries.length === 0) return '{}';
    return `{ ${entries.map(([key, inner]) => `${inline(key)}: ${inline(inner)}`).join(', ')} }`;
  }
  const document = new Document([value]);
  const list = document.contents as unknown as YAMLMap;
  list.flow = true;
  return document
    .toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: false })
    .trim()
    .slice(1, -1);
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
