// Date and time inputs show the person's own zone, which need not be the browser's.
function offsetMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const shown = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return shown - Math.floor(at.getTime() / 1000) * 1000;
}

/** `2026-11-22T09:30:00Z` → `2026-11-22T10:30` for Berlin. */
export function toZonedInput(iso: string, timeZone: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() + offsetMs(at, timeZone)).toISOString().slice(0, 16);
}

/** `2026-11-22T10:30` in Berlin → `2026-11-22T09:30:00.000Z`. */
export function fromZonedInput(text: string, timeZone: string): string {
  const asUtc = new Date(`${text}:00Z`);
  const guess = new Date(asUtc.getTime() - offsetMs(asUtc, timeZone));
  // the offset at the guess is the right one, also in the hours around a clock change
  return new Date(asUtc.getTime() - offsetMs(guess, timeZone)).toISOString();
}
