/** Forms that a mapping may name; years have four digits, so that no century is guessed. */
const patterns: Readonly<Record<string, RegExp>> = {
  'YYYY-MM-DD': /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$/,
  'DD-MM-YYYY': /^(?<d>\d{1,2})-(?<m>\d{1,2})-(?<y>\d{4})$/,
  'DD.MM.YYYY': /^(?<d>\d{1,2})\.(?<m>\d{1,2})\.(?<y>\d{4})$/,
  'DD/MM/YYYY': /^(?<d>\d{1,2})\/(?<m>\d{1,2})\/(?<y>\d{4})$/,
  'MM/DD/YYYY': /^(?<m>\d{1,2})\/(?<d>\d{1,2})\/(?<y>\d{4})$/,
  YYYYMMDD: /^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})$/,
};

export const dateForms: readonly string[] = Object.keys(patterns);

/** @returns the date as YYYY-MM-DD, or null where the text fits none of the forms or names no day of the calendar */
export function readDate(text: string, forms: readonly string[]): string | null {
  for (const form of forms) {
    const parts = patterns[form]?.exec(text)?.groups;
    if (!parts) continue;
    const [y, m, d] = [Number(parts['y']), Number(parts['m']), Number(parts['d'])];
    const date = new Date(Date.UTC(y, m - 1, d));
    if (date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d)
      return date.toISOString().slice(0, 10);
  }
  return null;
}
