import { lexeme, type SearchWord } from './search-terms.js';

const alphabet = 'abcdefghijklmnopqrstuvwxyz';
/** Shorter words have too many neighbours to guess which was meant. */
const minLength = 4;
const maxLength = 24;

/** Whether a slip in this word is looked for at all. */
export function canBeMistyped({ tokens, digits }: SearchWord): boolean {
  const [token] = tokens;
  return tokens.length === 1 && digits === null && token !== undefined && fits(token);
}

const fits = (token: string): boolean => token.length >= minLength && token.length <= maxLength;

/**
 * A `tsquery` of the word and of all words one slip away: a letter left out, too many, wrong, or two swapped. Looking
 * up a few hundred exact words costs the same however many records there are; comparing trigrams costs more with each.
 * What is still being typed has no end yet, so swapped and doubled letters are forgiven in its beginning, too.
 */
export function slipQuery(word: SearchWord): string {
  const token = word.tokens[0] ?? '';
  const beginnings = new Set([token, ...swapped(token), ...shortened(token)]);
  const exact = [...replaced(token), ...lengthened(token)].filter((variant) => !beginnings.has(variant));
  return [...[...beginnings].map(lexeme), ...new Set(exact.map((variant) => `'${variant}'`))].join(' | ');
}

function swapped(token: string): string[] {
  return Array.from(
    { length: token.length - 1 },
    (_, at) => token.slice(0, at) + (token[at + 1] ?? '') + (token[at] ?? '') + token.slice(at + 2),
  );
}

function shortened(token: string): string[] {
  if (token.length <= minLength) return [];
  return Array.from({ length: token.length }, (_, at) => token.slice(0, at) + token.slice(at + 1));
}

function replaced(token: string): string[] {
  return Array.from({ length: token.length }, (_, at) =>
    Array.from(alphabet, (letter) => token.slice(0, at) + letter + token.slice(at + 1)),
  ).flat();
}

function lengthened(token: string): string[] {
  return Array.from({ length: token.length + 1 }, (_, at) =>
    Array.from(alphabet, (letter) => token.slice(0, at) + letter + token.slice(at)),
  ).flat();
}

/** Slips between what was typed and a word: 0, 1, or more; the word may go on after what was typed. */
export function slipsTo(typed: string, word: string): number {
  if (word.startsWith(typed)) return 0;
  if (new Set([...swapped(typed), ...shortened(typed)]).has(word.slice(0, typed.length))) return 1;
  return isOneSlip(typed, word) ? 1 : 2;
}

function isOneSlip(typed: string, word: string): boolean {
  if (Math.abs(typed.length - word.length) > 1) return shortened(typed).some((form) => word.startsWith(form));
  const at = typed.split('').findIndex((letter, index) => letter !== word[index]);
  const rest = typed.slice(at);
  const other = word.slice(at);
  return (
    rest.slice(1) === other.slice(1) ||
    rest.slice(1) === other ||
    rest === other.slice(1) ||
    swapped(typed).includes(word) ||
    shortened(typed).some((form) => word.startsWith(form))
  );
}
