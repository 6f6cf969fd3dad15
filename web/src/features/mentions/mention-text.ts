// A mention is stored as `@[Name](user:<uuid>)` and written as `@Name`.

export interface Person {
  id: string;
  name: string;
}

export type TextPart = { text: string } | { mention: Person };

const stored = /@\[([^\]\n]{1,200})\]\(user:([0-9a-f-]{36})\)/g;

/** A stored text in parts, to be shown. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(stored)) {
    const [whole, name = '', id = ''] = match;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ mention: { id, name } });
    from = match.index + whole.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** A stored text as people read it. */
export const plainText = (text: string): string => text.replace(stored, '@$1');

/** What was written, with the names that were chosen turned into mentions; the longest name first. */
export function withMentions(text: string, people: readonly Person[]): string {
  const byLength = [...people].sort((a, b) => b.name.length - a.name.length);
  let result = text;
  for (const { id, name } of byLength) {
    const shown = name.replace(/[[\]]/g, '');
    result = result.replaceAll(`@${name}`, `@[${shown}](user:${id})`);
  }
  return result;
}

/** The beginning of a name that stands before the caret behind an @, or null where nobody is being mentioned. */
export function mentionBefore(text: string, caret: number): { from: number; q: string } | null {
  const match = /(?:^|[\s(])@([^\s@]{0,40}(?: [^\s@]{0,40})?)$/u.exec(text.slice(0, caret));
  const q = match?.[1];
  return q === undefined ? null : { from: caret - q.length - 1, q };
}
