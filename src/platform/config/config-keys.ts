import { AppConfig } from './app-config.js';
import { sectionsOf, settingsOf, type Setting } from './setting.decorator.js';

/** One key of the config, wherever it stands in the tree. */
export interface ConfigKey {
  path: readonly string[];
  /** Dotted path. */
  key: string;
  setting: Setting;
  /** Environment variables that set it, the one that wins first; each also works with `_FILE` at its end. */
  env: readonly string[];
}

const upper = (name: string): string => name.replaceAll(/([A-Z])/g, '_$1').toUpperCase();

function collect(type: new () => object, path: readonly string[]): ConfigKey[] {
  const own = settingsOf(type).map((setting): ConfigKey => {
    const full = [...path, setting.name];
    const name = ['HOLDFAST', ...full.map(upper)].join('_');
    return { path: full, key: full.join('.'), setting, env: setting.env ? [name, setting.env] : [name] };
  });
  const below = [...sectionsOf(type)].flatMap(([name, section]) => collect(section, [...path, name]));
  return [...own, ...below];
}

let keys: readonly ConfigKey[] | undefined;

/** Every key that a config may hold. */
export function configKeys(): readonly ConfigKey[] {
  keys ??= collect(AppConfig, []);
  return keys;
}
