import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { MappingProblem } from './mapping.errors.js';

/** Walks a YAML document and collects what is wrong, each with its path and line, instead of stopping at the first. */
export class MappingReader {
  readonly problems: MappingProblem[] = [];
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true });
    for (const error of this.document.errors) {
      this.problems.push({
        path: '',
        message: error.message.split('\n')[0] ?? 'not YAML',
        line: this.lines.linePos(error.pos[0]).line,
      });
    }
  }

  get root(): Node | null {
    return this.document.contents;
  }

  fail(path: string, message: string, node?: Node | null): undefined {
    const offset = node?.range?.[0];
    this.problems.push({
      path,
      message,
      ...(offset === undefined ? {} : { line: this.lines.linePos(offset).line }),
    });
    return undefined;
  }

  /** The entries of a map; anything else is a problem. An absent node has none. */
  map(node: Node | null | undefined, path: string, known?: readonly string[]): Map<string, Node | null> {
    const entries = new Map<string, Node | null>();
    if (node === undefined || node === null) return entries;
    if (!isMap(node)) {
      this.fail(path, 'should be a map of names to values', node);
      return entries;
    }
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      if (known && !known.includes(key))
        this.fail(join(path, key), `is not known here; known are ${known.join(', ')}`, pair.key);
      else entries.set(key, pair.value as Node | null);
    }
    return entries;
  }

  text(node: Node | null | undefined, path: string): string | undefined {
    if (node === undefined) return undefined;
    if (node !== null && isScalar(node) && node.value !== null && typeof node.value !== 'object') {
      return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
    }
    this.fail(path, 'should be a text', node);
    return undefined;
  }

  texts(node: Node | null | undefined, path: string): string[] {
    if (node === undefined || node === null) return [];
    if (!isSeq(node)) return [this.text(node, path)].filter((value) => value !== undefined);
    return node.items
      .map((item, index) => this.text(item as Node, `${path}[${index}]`))
      .filter((value) => value !== undefined);
  }

  textMap(node: Node | null | undefined, path: string): Record<string, string> {
    const values: Record<string, string> = {};
    for (const [key, value] of this.map(node, path)) {
      const text = this.text(value, join(path, key));
      if (text !== undefined) values[key] = text;
    }
    return values;
  }

  oneOf<T extends string>(
    node: Node | null | undefined,
    path: string,
    allowed: readonly T[],
    fallback: T,
  ): T {
    const text = this.text(node, path);
    if (text === undefined) return fallback;
    const found = allowed.find((value) => value === text);
    if (found === undefined) this.fail(path, `should be one of ${allowed.join(', ')}`, node);
    return found ?? fallback;
  }

  flag(node: Node | null | undefined, path: string): boolean {
    return this.oneOf(node, path, ['true', 'false'], 'false') === 'true';
  }
}

export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
