import type { FieldMeta } from '../metadata/field.meta.js';
import { fold, wordsOf } from './fold.js';
import type { SearchTerms, SearchWord } from './search-terms.js';
import { slipsTo } from './spelling.js';

/** A text of a candidate, in a field that the caller may see. */
export interface CandidateText {
  readonly field: FieldMeta;
  readonly text: string;
}

const scores = { whole: 1, begins: 0.9, wordBegins: 0.75, within: 0.5, slip: 0.3 } as const;
const weights: Readonly<Record<string, number>> = { A: 1, B: 0.85, C: 0.6, D: 0.5 };

/** How well a candidate fits, up to 1: the title first, then other short texts; slips last. */
export function rankOf(terms: SearchTerms, title: string, texts: readonly CandidateText[]): number {
  const name = wordsOf(title).join(' ');
  if (name !== '' && name === terms.folded) return scores.whole;
  const closeness = Math.min(terms.folded.length / Math.max(name.length, 1), 1);
  if (terms.folded !== '' && name.startsWith(terms.folded)) return round(scores.begins + 0.09 * closeness);
  const worst = Math.min(...terms.words.map((word) => bestScore(word, texts)));
  return worst === 0 ? 0 : round(worst + 0.02 * closeness);
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

function bestScore(word: SearchWord, texts: readonly CandidateText[]): number {
  return Math.max(
    0,
    ...texts.map(({ field, text }) => scoreOf(word, text) * (weights[field.search ?? 'D'] ?? 0.5)),
  );
}

function scoreOf(word: SearchWord, text: string): number {
  const words = wordsOf(text);
  if (word.tokens.length > 0 && word.tokens.every((token) => words.some((other) => other.startsWith(token))))
    return scores.wordBegins;
  if (word.digits !== null && text.replace(/\D/g, '').includes(word.digits)) return scores.wordBegins;
  const folded = fold(word.raw).trim();
  if (folded === '' ? text.includes(word.raw) : fold(text).includes(folded)) return scores.within;
  const [token] = word.tokens;
  return token !== undefined && words.some((other) => slipsTo(token, other) <= 1) ? scores.slip : 0;
}

/** Where a word was found that the title does not have; null where the title says it all. */
export function matchedText(
  terms: SearchTerms,
  title: string,
  texts: readonly CandidateText[],
): { field: string; snippet: string } | null {
  const missing = terms.words.find((word) => scoreOf(word, title) === 0);
  if (!missing) return null;
  const scored = texts.map((candidate) => ({ ...candidate, score: scoreOf(missing, candidate.text) }));
  const [best] = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
  return best ? { field: best.field.name, snippet: snippetOf(missing, best.text) } : null;
}

const before = 30;
const maxSnippet = 120;

/** The part of a text around the first place where the word begins. */
export function snippetOf(word: SearchWord, text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  if (plain.length <= maxSnippet) return plain;
  const at = firstMatch(word, plain) - before;
  const start = at <= 0 ? 0 : plain.indexOf(' ', at) + 1;
  const end = start + maxSnippet;
  return `${start > 0 ? '…' : ''}${plain.slice(start, end)}${end < plain.length ? '…' : ''}`;
}

function firstMatch(word: SearchWord, text: string): number {
  for (const { 0: piece, index } of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu))
    if (word.tokens.some((token) => fold(piece).startsWith(token))) return index;
  return 0;
}
