/**
 * Texts as search compares them: small letters without accents, everything but letters and digits a space. The same
 * in PostgreSQL (crm.search_text) and here; test/integration/records/search.spec.ts holds the two side by side.
 */
export function fold(text: string): string {
  return strip(isAscii(text) ? text.toLowerCase() : withoutAccents(text));
}

const asciiPunctuation = /[!-/:-@[-`{-~]/g;
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

function strip(text: string): string {
  return text.replace(asciiPunctuation, ' ').replace(/ {2,}/g, ' ').trimStart();
}

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  ħ: 'h',
  ς: 'σ',
};

function withoutAccents(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[ßæœþøđðłıħς]/g, (letter) => letters[letter] ?? letter);
}

/** The words of a text in folded form. */
export function wordsOf(text: string): string[] {
  return fold(text)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter(Boolean);
}
