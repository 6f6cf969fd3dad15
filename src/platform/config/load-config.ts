import { resolve } from 'node:path';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { AppConfig } from './app-config.js';
import { ConfigError, type ConfigProblem } from './config.errors.js';
import { configKeys, type ConfigKey } from './config-keys.js';
import { ConfigSources, type Environment, type Found } from './config-sources.js';
import { ruleProblems } from './config-rules.js';

export interface LoadConfigOptions {
  /** A YAML file; without it HOLDFAST_CONFIG, and without that the environment alone. */
  file?: string;
  env?: Environment;
}

/**
 * Reads file, environment and secret files, checks everything and freezes the result. Touches nothing else.
 * @throws ConfigError with every problem at once.
 */
export function loadConfig({ file, env = process.env }: LoadConfigOptions = {}): AppConfig {
  const sources = new ConfigSources();
  const path = file ?? env['HOLDFAST_CONFIG'];
  if (path !== undefined && path !== '') sources.readYaml(path);
  sources.readEnvironment(env);
  const config = new AppConfig();
  for (const key of configKeys()) {
    const found = sources.found.get(key.key);
    if (found) assign(config, key, found);
  }
  const problems = [...sources.problems, ...valueProblems(config, sources)];
  if (problems.length === 0) problems.push(...ruleProblems(config, (key) => whereOf(key, sources)));
  if (problems.length > 0) throw new ConfigError(problems);
  return freeze(config);
}

/** The `--config FILE` or `--config=FILE` of a command line. */
export function configFileOf(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  const word = argv[at];
  if (word === undefined) return undefined;
  return word === '--config' ? (argv[at + 1] ?? '') : word.slice('--config='.length);
}

function assign(config: AppConfig, key: ConfigKey, found: Found): void {
  let target = config as unknown as Record<string, unknown>;
  for (const name of key.path.slice(0, -1)) target = target[name] as Record<string, unknown>;
  const isPath = key.setting.path === true && typeof found.value === 'string' && found.value !== '';
  target[key.setting.name] = isPath ? resolve(found.folder, found.value as string) : found.value;
}

function* leaves(errors: readonly ValidationError[], path: readonly string[]): Generator<string> {
  for (const error of errors) {
    const full = [...path, error.property];
    if (error.children && error.children.length > 0) yield* leaves(error.children, full);
    else yield full.join('.');
  }
}

function valueProblems(config: AppConfig, sources: ConfigSources): ConfigProblem[] {
  const wrong = new Set(
    leaves(validateSync(config, { validationError: { target: false, value: false } }), []),
  );
  return configKeys()
    .filter(({ key }) => wrong.has(key) && !sources.problems.some((problem) => problem.key === key))
    .map(({ key, setting }) => ({ key, expectation: setting.expectation, where: whereOf(key, sources) }));
}

function whereOf(name: string, sources: ConfigSources): string {
  const found = sources.found.get(name);
  if (found) return `read from ${found.where}`;
  const key = configKeys().find((k) => k.key === name);
  return `not set; ${[name, ...(key?.env ?? [])].join(' or ')}`;
}

function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) freeze(member as object);
  return Object.freeze(value);
}
