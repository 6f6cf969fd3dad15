import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { PolicyIssue } from './policy.model.js';
import { suggest } from './suggest.js';

/** Far above any policy that a person could review, far below what would keep the parser busy. */
export const maxPolicyCharacters = 256 * 1024;

export interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node | null;
  readonly path: string;
}

/**
 * The YAML text with its positions. Strict: anchors, tags, duplicate keys and a second document are refused,
 * because a reviewer must read what will be in force and nothing else.
 */
export class PolicySource {
  readonly issues: PolicyIssue[] = [];
  readonly root: Node | null;
  private readonly lines = new LineCounter();

  constructor(text: string) {
    this.root = this.read(text);
  }

  report(place: Node | number | null, path: string, message: string, suggestion: string | null = null): void {
    const offset = typeof place === 'number' ? place : (place?.range?.[0] ?? 0);
    const { line, col } = this.lines.linePos(offset);
    this.issues.push({ line: Math.max(line, 1), column: Math.max(col, 1), path, message, suggestion });
  }

  /** Entries of a mapping; every key outside `known` is reported with the nearest known one. */
  entries(node: Node | null, path: string, what: string, known?: readonly string[]): Entry[] {
    if (!isMap(node)) {
      this.report(node, path, `${what} must be a mapping of names to values`);
      return [];
    }
    const entries: Entry[] = [];
    for (const pair of (node as YAMLMap<Node, Node | null>).items) {
      const entry = this.entry(pair.key, pair.value, path);
      if (!entry) continue;
      if (known && !known.includes(entry.key)) this.unknown(entry, `${what} knows no`, known);
      else entries.push(entry);
    }
    return entries;
  }

  unknown(entry: Entry, message: string, known: Iterable<string>): void {
    const names = [...known];
    const list = names.length > 0 ? `; known: ${names.join(', ')}` : '';
    this.report(entry.keyNode, entry.path, `${message} \`${entry.key}\`${list}`, suggest(entry.key, names));
  }

  items(node: Node | null): (Node | null)[] | null {
    return isSeq(node) ? (node.items as (Node | null)[]) : null;
  }

  scalar(node: Node | null): Scalar | null {
    return isScalar(node) ? node : null;
  }

  text(node: Node | null): string | null {
    return isScalar(node) && typeof node.value === 'string' ? node.value : null;
  }

  isNothing(node: Node | null): boolean {
    return node === null || (isScalar(node) && node.value === null);
  }

  isMapping(node: Node | null): boolean {
    return isMap(node);
  }

  private entry(key: unknown, value: Node | null, parent: string): Entry | null {
    if (isScalar(key) && typeof key.value === 'string') {
      const path = parent === '' ? key.value : `${parent}.${key.value}`;
      return { key: key.value, keyNode: key as Node, value, path };
    }
    this.report((key as Node | null) ?? null, parent, 'a key must be text');
    return null;
  }

  private read(text: string): Node | null {
    if (text.length > maxPolicyCharacters) {
      this.report(0, '', `a policy has at most ${String(maxPolicyCharacters)} characters`);
      return null;
    }
    try {
      const document = parseDocument(text, {
        lineCounter: this.lines,
        prettyErrors: false,
        version: '1.2',
        schema: 'core',
      });
      for (const problem of [...document.errors, ...document.warnings])
        this.report(problem.pos[0], '', `this is not YAML: ${problem.message}`);
      this.refuseIndirection(document);
      return this.issues.length > 0 ? null : document.contents;
    } catch (error) {
      // A RangeError is the parser's stack: tens of thousands of nested brackets.
      if (!(error instanceof RangeError)) throw error;
      this.report(0, '', 'this is nested too deeply');
      return null;
    }
  }

  private refuseIndirection(document: Document): void {
    visit(document, {
      Node: (_, node) => {
        if (isAlias(node)) this.report(node, '', 'aliases are not allowed in a policy');
        else if (node.anchor) this.report(node, '', 'anchors are not allowed in a policy');
        else if (node.tag !== undefined) this.report(node, '', 'tags are not allowed in a policy');
      },
    });
  }
}
