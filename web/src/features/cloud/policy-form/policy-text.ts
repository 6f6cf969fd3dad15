// The policy's text as the form reads it. The text is what is proposed and approved; the form only shows places of it.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Node,
  type YAMLMap,
} from 'yaml';

export type Path = readonly string[];

/** A policy as data, in no checked form: the server says what is wrong with it. */
export type Tree = Readonly<Record<string, unknown>>;

export type Reading =
  | { readonly ok: true; readonly tree: Tree }
  /** the line counts from 1; `message` is the parser's, null: it is YAML, but none that the form can show */
  | { readonly ok: false; readonly line: number; readonly message: string | null };

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isEntry = (key: unknown): key is Node & { value: string } =>
  isScalar(key) && typeof key.value === 'string';

/** The same strictness as the server's: what a reader could overlook is no policy. */
export const openText = (text: string, lines?: LineCounter) =>
  parseDocument(text, {
    ...{ version: '1.2', schema: 'core', prettyErrors: false },
    ...(lines ? { lineCounter: lines } : {}),
  });

export function readPolicy(text: string): Reading {
  const lines = new LineCounter();
  const document = openText(text, lines);
  const lineOf = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) return { ok: false, line: lineOf(problem.pos[0]), message: problem.message };
  const strange: number[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined) strange.push(startOf(node));
    },
    Pair: (_key, pair) => {
      if (!isEntry(pair.key)) strange.push(startOf(pair.key));
    },
  });
  const misshapen = strange[0] ?? shapeFault(document.contents);
  if (misshapen !== null) return { ok: false, line: lineOf(misshapen), message: null };
  return { ok: true, tree: document.toJS() as Tree };
}

/** Where the document differs from the outline that the form stands on; null: nowhere. */
function shapeFault(root: unknown): number | null {
  if (!isMap(root)) return 0;
  for (const key of ['types', 'allow', 'defaults']) {
    const node = root.get(key, true) as unknown;
    if (node !== undefined && !isMapOrNothing(node)) return startOf(node);
  }
  const types = root.get('types', true) as unknown;
  for (const { value } of isMap(types) ? types.items : []) {
    if (!isMapOrNothing(value)) return startOf(value);
    for (const key of isMap(value) ? ['fields', 'custom', 'attachments'] : []) {
      const part = (value as YAMLMap).get(key, true) as unknown;
      if (part !== undefined && !isMapOrNothing(part)) return startOf(part);
    }
  }
  return null;
}

const isMapOrNothing = (node: unknown): boolean =>
  isMap(node) || node === null || (isScalar(node) && node.value === null);

const startOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;

/** What stands at a place, or undefined. */
export function valueAt(tree: Tree, path: Path): unknown {
  let value: unknown = tree;
  for (const key of path) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Where the last thing in a node ends: not the blank lines and comments after it. */
export function endOf(node: unknown): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last) return isUnwritten(last.value) ? endOf(last.key) + 1 : endOf(last.value);
  }
  if (isSeq(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (last !== undefined) return endOf(last);
  }
  return (node as Node | null)?.range?.[1] ?? 0;
}

/** As in `product:` */
export const isUnwritten = (node: unknown): boolean =>
  node === null || (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]);

/** The words at a place as they are written, moved to the left margin; null: nothing stands there. */
export function wordsAt(text: string, path: Path): string | null {
  const root = openText(text).contents;
  const node: unknown = isMap(root) ? root.getIn(path, true) : undefined;
  if (node === undefined || node === null || (isScalar(node) && node.value === null)) return null;
  const start = startOf(node);
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  const [first = '', ...others] = text.slice(start, endOf(node)).trimEnd().split('\n');
  const isFlow = isMap(node) && node.flow === true;
  const margin = isFlow
    ? Math.min(...others.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)))
    : indent;
  return [first, ...others.map((line) => line.slice(Math.min(margin, line.length)))].join('\n');
}
