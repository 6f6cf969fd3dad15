const tones: Record<string, string> = {
  open: 'info',
  new: 'info',
  won: 'good',
  resolved: 'good',
  lost: 'bad',
  qualified: 'good',
  converted: 'good',
  active: 'good',
  working: 'info',
  responded: 'good',
  attended: 'good',
  bounced: 'bad',
  urgent: 'bad',
  high: 'warn',
  waiting: 'warn',
};

/** A status as a word; its colour only repeats what the word says. */
export function Badge({ value, label }: { value: string; label: string }) {
  return <span className={`badge ${tones[value] ?? ''}`}>{label}</span>;
}
