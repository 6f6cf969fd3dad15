// Every word that people read comes from here. One language is loaded at a time.
import { createStore, useStored } from '../api/store.js';

export const locales = ['en', 'de', 'fr'] as const;
export type Locale = (typeof locales)[number];
export const localeNames: Record<Locale, string> = { en: 'English', de: 'Deutsch', fr: 'Français' };

/** A text, or its plural forms by CLDR category (`one`, `other`). */
export type Text = string | Record<string, string>;

export interface TextTree {
  [key: string]: string | TextTree;
}
export type Values = Record<string, string | number>;
export type Translate = (key: string, values?: Values) => string;

const loaders: Record<Locale, () => Promise<{ default: TextTree }>> = {
  en: () => import('./en.json'),
  de: () => import('./de.json'),
  fr: () => import('./fr.json'),
};

interface Loaded {
  locale: Locale;
  t: Translate;
  /** like `t`, but undefined where there is no such text: for names that customers made up */
  find: (key: string, values?: Values) => string | undefined;
}

function lookUp(tree: TextTree, key: string): string | TextTree | undefined {
  let node: string | TextTree | undefined = tree;
  for (const part of key.split('.')) {
    if (typeof node !== 'object') return undefined;
    node = node[part];
  }
  return node;
}

const fill = (text: string, values: Values) =>
  text.replace(/%?\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** Makes the lookup for one language. Numbers in `values` are written the language's way. */
export function createTexts(locale: Locale, tree: TextTree): Loaded {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  const find = (key: string, values: Values = {}): string | undefined => {
    const node = lookUp(tree, key);
    if (node === undefined) return undefined;
    const count = Number(values['count'] ?? values['smart_count'] ?? 0);
    const text = typeof node === 'string' ? node : (node[plural.select(count)] ?? node['other']);
    if (typeof text !== 'string') return undefined;
    const written = Object.entries(values).map(([name, value]): [string, string] => [
      name,
      typeof value === 'number' ? number.format(value) : value,
    ]);
    return fill(text, Object.fromEntries(written));
  };
  return { locale, find, t: (key, values) => find(key, values) ?? String(values?.['_'] ?? key) };
}

const loaded = createStore<Loaded>(createTexts('en', {}));
const storageKey = 'holdfast.locale';

const isLocale = (value: unknown): value is Locale => locales.some((locale) => locale === value);

/** The language chosen on this device, else the browser's, else English. */
export function preferredLocale(): Locale {
  const chosen = localStorage.getItem(storageKey);
  if (isLocale(chosen)) return chosen;
  const spoken = navigator.languages.map((language) => language.slice(0, 2)).find(isLocale);
  return spoken ?? 'en';
}

export const hasChosenLocale = (): boolean => isLocale(localStorage.getItem(storageKey));

export async function loadLocale(locale: Locale): Promise<void> {
  const tree = (await loaders[locale]()).default;
  document.documentElement.lang = locale;
  loaded.set(createTexts(locale, tree));
}

export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(storageKey, locale);
  await loadLocale(locale);
}

/** Follows the user's profile on a device where nobody chose a language by hand. */
export async function adoptLocale(locale: string | null): Promise<void> {
  const wanted = locale?.slice(0, 2);
  if (!hasChosenLocale() && isLocale(wanted) && wanted !== loaded.get().locale) await loadLocale(wanted);
}

export const useTexts = (): Loaded => useStored(loaded);
export const currentTexts = (): Loaded => loaded.get();
