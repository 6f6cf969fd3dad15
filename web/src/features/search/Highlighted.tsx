import { highlight } from './highlight.js';

export function Highlighted({ text, q }: { text: string; q: string }) {
  return highlight(text, q).map(({ text: piece, isMatch }, index) =>
    isMatch ? <mark key={index}>{piece}</mark> : <span key={index}>{piece}</span>,
  );
}
