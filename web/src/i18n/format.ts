// Numbers, money and times as the reader's language and time zone write them.
import { useStored } from '../api/store.js';
import { session } from '../api/session.js';
import type { Money } from '../api/types.js';
import { useTexts, type Locale } from './texts.js';

export interface Formats {
  number: (value: number) => string;
  money: (value: Money, isShort?: boolean) => string;
  /** a calendar day, `2026-11-22` */
  day: (value: string) => string;
  /** to the minute */
  time: (value: string) => string;
  clock: (value: string) => string;
  /** to the second, with the zone */
  exact: (value: string) => string;
  /** "3 days ago", "in 2 hours"; `isDay` for values without a time of day */
  relative: (value: string, isDay?: boolean) => string;
  duration: (ms: number) => string;
  /** "12 days", "3 mths", "9 yrs": how long something has lasted, in the largest unit that fits */
  age: (ms: number) => string;
  bytes: (value: number) => string;
}

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365.25 * 86_400_000],
  ['month', 30.44 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

const dayNumber = (value: string) => Math.round(Date.parse(`${value.slice(0, 10)}T00:00:00Z`) / 86_400_000);

/** Making an Intl object costs a hundred times what using it does, and a list has hundreds of cells. */
function kept<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    return found;
  };
}

const isoDay = kept(
  (timeZone) =>
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
);

/** Today's date in a time zone, `2026-11-22`. */
export const todayIn = (timeZone: string, now = new Date()): string => isoDay(timeZone).format(now);

function relativeTime(format: Intl.RelativeTimeFormat, differenceMs: number): string {
  for (const [unit, lengthMs] of steps)
    if (Math.abs(differenceMs) >= lengthMs) return format.format(Math.round(differenceMs / lengthMs), unit);
  return format.format(0, 'second');
}

function relativeDay(format: Intl.RelativeTimeFormat, days: number): string {
  if (Math.abs(days) < 45) return format.format(days, 'day');
  return relativeTime(format, days * 86_400_000);
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function createFormats(locale: Locale, timeZone: string): Formats {
  const number = new Intl.NumberFormat(locale);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  // everywhere the 24 hours of logs and of the people who compare with them
  const clockOptions = {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  } as const;
  const clock = new Intl.DateTimeFormat(locale, { ...clockOptions, timeZone });
  const exact = new Intl.DateTimeFormat(locale, {
    ...clockOptions,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    timeZone,
  });
  const unit = (value: number, name: string, digits: number) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }).format(value);
  const money = kept((currency) => new Intl.NumberFormat(locale, { style: 'currency', currency }));
  const shortMoney = kept(
    (currency) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        notation: 'compact',
        maximumFractionDigits: 1,
      }),
  );
  return {
    number: (value) => number.format(value),
    money: (value, isShort = false) =>
      (isShort ? shortMoney : money)(value.currency).format(Number(value.amount)),
    day: (value) => day.format(new Date(`${value.slice(0, 10)}T00:00:00Z`)),
    time: (value) => time.format(new Date(value)),
    clock: (value) => clock.format(new Date(value)),
    exact: (value) => exact.format(new Date(value)),
    relative: (value, isDay = false) =>
      isDay
        ? relativeDay(relative, dayNumber(value) - dayNumber(todayIn(timeZone)))
        : relativeTime(relative, Date.parse(value) - Date.now()),
    duration: (ms) => {
      if (ms < 60_000) return unit(ms / 1000, 'second', 1);
      if (ms < 3_600_000) return unit(ms / 60_000, 'minute', 0);
      return ms < 172_800_000 ? unit(ms / 3_600_000, 'hour', 0) : unit(ms / 86_400_000, 'day', 0);
    },
    age: (ms) => {
      const days = Math.floor(ms / 86_400_000);
      if (days < 60) return unit(days, 'day', 0);
      return days < 730 ? unit(days / 30.44, 'month', 0) : unit(days / 365.25, 'year', 0);
    },
    bytes: (value) => {
      const step = Math.min(3, Math.floor(Math.log10(Math.max(1, value)) / 3));
      return unit(value / 1000 ** step, byteUnits[step] ?? 'byte', step === 0 ? 0 : 1);
    },
  };
}

const isTimeZone = kept((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    // the profile holds a zone that this browser does not know
    return false;
  }
});
const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const formatsOf = kept((locale) => kept((timeZone) => createFormats(locale as Locale, timeZone)));

export function useTimeZone(): string {
  const zone = useStored(session)?.user.timeZone;
  return zone && isTimeZone(zone) ? zone : browserZone;
}

export function useFormats(): Formats {
  const { locale } = useTexts();
  const timeZone = useTimeZone();
  return formatsOf(locale)(timeZone);
}
