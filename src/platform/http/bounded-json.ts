import { fastify } from 'fastify';
import { InvalidInput } from '../errors/index.js';

interface Level {
  isArray: boolean;
  /** Index in an array, name in an object. */
  at: number | string;
  expectsName: boolean;
}

const OPENERS = new Set(['{', '[']);
const CLOSERS = new Set(['}', ']']);

/**
 * Walks the text without recursion and stops at the first value nested too deep: parsers, validators and
 * serializers behind it recurse, and 50,000 levels are 100 kB of text that exhaust their stacks.
 * Well-formedness is left to the parser.
 * @returns the path of that value, or null.
 */
export function pathBeyondDepth(text: string, maxDepth: number): string | null {
  const levels: Level[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const level = levels.at(-1);
    if (char === '"') {
      const end = endOfString(text, i);
      if (level?.expectsName) Object.assign(level, { at: text.slice(i + 1, end), expectsName: false });
      i = end;
    } else if (char === ',' && level) {
      if (typeof level.at === 'number') level.at++;
      else level.expectsName = true;
    } else if (OPENERS.has(char)) {
      if (levels.length >= maxDepth) return pathOf(levels);
      levels.push({ isArray: char === '[', at: char === '[' ? 0 : '', expectsName: char === '{' });
    } else if (CLOSERS.has(char)) levels.pop();
  }
  return null;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\') i++;
    else if (char === '"') return i;
  }
  return text.length;
}

const LONGEST_PATH = 200;

function pathOf(levels: readonly Level[]): string {
  const path = levels.map(({ isArray, at }) => (isArray ? `[${at}]` : `.${at}`)).join('');
  const trimmed = path.replace(/^\./, '');
  return trimmed.length > LONGEST_PATH ? `${trimmed.slice(0, LONGEST_PATH)}…` : trimmed;
}

// Fastify's own parser (secure-json-parse) refuses `__proto__` and `constructor.prototype`.
const poisonProof = fastify().getDefaultJsonParser('error', 'error');

/**
 * Parses JSON that comes from outside: bounded depth, no prototype poisoning.
 * @param at path to report errors under, for JSON inside a query parameter (`filter`).
 * @throws InvalidInput
 */
export function parseBoundedJson(text: string, maxDepth: number, at = ''): unknown {
  const deep = pathBeyondDepth(text, maxDepth);
  if (deep !== null) {
    const path = at === '' || deep === '' ? at + deep : at + (deep.startsWith('[') ? '' : '.') + deep;
    throw new InvalidInput([{ path, message: `must not be nested deeper than ${maxDepth} levels` }]);
  }
  const parsed: { body?: unknown; error?: Error } = {};
  // The parser ignores the request, and calls back before it returns.
  void poisonProof({} as never, text, (error, body: unknown) => {
    if (error) parsed.error = error;
    parsed.body = body;
  });
  if (parsed.error) throw new InvalidInput([{ path: at, message: 'must be well-formed JSON' }]);
  return parsed.body;
}
