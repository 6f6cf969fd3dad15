export interface Piece {
  text: string;
  isMatch: boolean;
}

/** One character without case and accents, so that positions stay those of the text itself. */
const bare = (character: string) => character.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().charAt(0);

/** Cuts a text into what matches one of the words asked for and what does not. */
export function highlight(text: string, q: string): Piece[] {
  const characters = Array.from(text);
  const folded = characters.map(bare);
  const words = q
    .split(/\s+/)
    .map((word) => Array.from(word, bare).join(''))
    .filter((word) => word !== '');
  const marked = new Array<boolean>(characters.length).fill(false);
  for (let at = 0; at < characters.length; at += 1)
    for (const word of words)
      if (folded.slice(at, at + word.length).join('') === word) marked.fill(true, at, at + word.length);
  const pieces: Piece[] = [];
  characters.forEach((character, at) => {
    const isMatch = marked[at] ?? false;
    const last = pieces.at(-1);
    if (last?.isMatch === isMatch) last.text += character;
    else pieces.push({ text: character, isMatch });
  });
  return pieces;
}
