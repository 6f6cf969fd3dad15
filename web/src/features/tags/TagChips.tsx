import './tags.css';
import { tagList, useTagColours } from './use-tags.js';

/** A tag's colour is a dot beside its name: the name stays readable in every theme. */
export function TagName({ name, colour }: { name: string; colour: string | undefined }) {
  return (
    <>
      <span className="tag-dot" style={colour ? { background: colour } : {}} aria-hidden="true" />
      <span className="ellipsis">{name}</span>
    </>
  );
}

export function TagChips({ value }: { value: unknown }) {
  const colours = useTagColours();
  return (
    <span className="tag-chips">
      {tagList(value).map((name) => (
        <span key={name} className="tag">
          <TagName name={name} colour={colours.get(name)} />
        </span>
      ))}
    </span>
  );
}
