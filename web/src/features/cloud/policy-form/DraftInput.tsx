import { useState, type InputHTMLAttributes } from 'react';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange'> {
  /** as the policy has it */
  value: string;
  onWrite: (words: string) => void;
  /** whether words that are being written mean what the policy has; left out: the same letters */
  isSame?: (words: string, value: string) => boolean;
}

/**
 * A field whose words go into the policy while they are written. They stay as they are for as long as the policy says the
 * same in other letters (`pdf, ` and `[pdf]`); what the policy says instead, by another hand, takes their place.
 */
export function DraftInput({ value, onWrite, isSame = (words, said) => words === said, ...rest }: Props) {
  const [words, setWords] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    if (!isSame(words, value)) setWords(value);
  }
  return (
    <input
      {...rest}
      className="input dense"
      value={words}
      onChange={(event) => {
        setWords(event.target.value);
        onWrite(event.target.value);
      }}
    />
  );
}
