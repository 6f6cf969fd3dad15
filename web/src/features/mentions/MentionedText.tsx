import { Link } from 'react-router';
import { partsOf } from './mention-text.js';

/** A text with its mentions as links to the people. */
export function MentionedText({ text }: { text: string }) {
  return partsOf(text).map((part, index) =>
    'mention' in part ? (
      <Link key={index} to={`/users/${part.mention.id}`} className="mention">
        @{part.mention.name}
      </Link>
    ) : (
      <span key={index}>{part.text}</span>
    ),
  );
}
