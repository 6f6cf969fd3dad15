import type { I18nProvider } from 'ra-core';
import { chooseLocale, currentTexts, localeNames, locales, type Locale, type Values } from './texts.js';

/** Lets ra-core's own messages come from the same texts as everything else. */
export const i18nProvider: I18nProvider = {
  translate: (key: string, values?: Values) => currentTexts().t(key, values),
  changeLocale: (locale: string) => chooseLocale(locale as Locale),
  getLocale: () => currentTexts().locale,
  getLocales: () => locales.map((locale) => ({ locale, name: localeNames[locale] })),
};
