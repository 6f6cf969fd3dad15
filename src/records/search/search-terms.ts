import { wordsOf } from './fold.js';

export const maxSearchLength = 200;
const maxWords = 8;

export interface SearchWord {
  /** as typed, composed */
  readonly raw: string;
  /** its parts in folded form: `anna@acme` has two */
  readonly tokens: readonly string[];
  /** of a number: its digits without leading zeros */
  readonly digits: string | null;
}

export interface SearchTerms {
  /** the whole text in folded form */
  readonly folded: string;
  /** each of them must be found */
  readonly words: readonly SearchWord[];
}

const phoneForm = /^\+?[\d\s()./-]+$/;
const minDigits = 3;

export function parseSearch(text: string): SearchTerms {
  const composed = text.normalize('NFC').trim();
  // a telephone number is one word, wherever people put spaces
  const isPhone = phoneForm.test(composed) && composed.replace(/\D/g, '').length >= minDigits;
  const raws = isPhone ? [composed] : composed.split(/\s+/).filter(Boolean).slice(0, maxWords);
  return { folded: wordsOf(composed).join(' '), words: raws.map(toWord) };
}

function toWord(raw: string): SearchWord {
  const digits = phoneForm.test(raw) ? raw.replace(/\D/g, '').replace(/^0+/, '') : '';
  return { raw, tokens: wordsOf(raw), digits: digits.length >= minDigits ? digits : null };
}

/**
 * The word as a `tsquery`: every token begins a word. Tokens are letters, digits and marks only, so quotes suffice.
 * A number is also looked for from its end, as somebody types it who leaves out the country.
 */
export function wordQuery({ tokens, digits }: SearchWord): string | null {
  const begins = tokens.map(lexeme).join(' & ');
  if (digits === null) return begins === '' ? null : begins;
  const number = `${lexeme(digits)} | ${lexeme(`r${Array.from(digits).reverse().join('')}`)}`;
  return begins === '' ? number : `(${begins}) | ${number}`;
}

export const lexeme = (token: string): string => `'${token}':*`;
