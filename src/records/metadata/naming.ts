/** `closeDate` → `close_date`; the one rule by which API names become column names. */
export function toColumnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `closeDate` → `Close date`; the label where no translation exists. */
export function toLabel(name: string): string {
  const words = toColumnName(name.replace(/Id$/, '')).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
