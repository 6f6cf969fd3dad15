/** A person named in a note, as the UI writes it: `@[Ada Lovelace](user:018f…)`. */
const form = /@\[[^\]\n]{1,200}\]\(user:([^)\s]{1,60})\)/g;

export const maxMentions = 50;

/** What stands in the place of the user's id, each once, in the order of the text; not checked. */
export function mentionsIn(text: unknown): string[] {
  if (typeof text !== 'string') return [];
  return [...new Set(Array.from(text.matchAll(form), ([, id]) => (id ?? '').toLowerCase()))];
}
