import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import type { ConfigProblem } from './config.errors.js';
import { configKeys, type ConfigKey } from './config-keys.js';
import { nearest } from './nearest.js';

/** A value as it was written, with the place for error messages and the folder that relative paths start from. */
export interface Found {
  value: unknown;
  where: string;
  folder: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Read by the code that looks for the config file or the home folder, before there is a config. */
const OTHER_VARIABLES = new Set(['HOLDFAST_CONFIG', 'HOLDFAST_HOME']);
const FILE_SUFFIX = '_FILE';

/** Gathers what is written where; says nothing yet about whether it is right. */
export class ConfigSources {
  readonly found = new Map<string, Found>();
  readonly problems: ConfigProblem[] = [];

  readYaml(file: string): void {
    const lines = new LineCounter();
    const text = this.readFile(file, 'config file', `${file}:1`);
    if (text === undefined) return;
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    for (const error of document.errors) {
      const where = `${file}:${lines.linePos(error.pos[0]).line}`;
      // The parser's own message may quote the line, and with it a password.
      this.problems.push({ key: '(file)', expectation: `valid YAML, but ${error.code} was found`, where });
    }
    if (document.errors.length > 0 || document.contents === null) return;
    const place = (node: Node): string => `${file}:${lines.linePos(node.range?.[0] ?? 0).line}`;
    if (!isMap(document.contents))
      this.problems.push({
        key: '(file)',
        expectation: 'a mapping of keys',
        where: place(document.contents),
      });
    else this.walk(document.contents, [], place, dirname(resolve(file)));
  }

  readEnvironment(env: Environment): void {
    const names = new Map<string, ConfigKey>();
    for (const key of configKeys())
      for (const name of [...key.env].reverse()) {
        names.set(name, key);
        this.takeVariable(key, name, env);
      }
    for (const name of Object.keys(env)) {
      if (!/^HOLDFAST_(?!TEST_)/.test(name) || OTHER_VARIABLES.has(name) || env[name] === undefined) continue;
      if (names.has(name) || names.has(name.replace(/_FILE$/, ''))) continue;
      this.unknown(name, names.keys(), `environment ${name}`);
    }
  }

  private takeVariable(key: ConfigKey, name: string, env: Environment): void {
    const [plain, file] = [env[name], env[name + FILE_SUFFIX]];
    if (plain !== undefined && file !== undefined)
      this.problems.push({
        key: key.key,
        expectation: `set by ${name} or by ${name}${FILE_SUFFIX}, not by both`,
        where: `environment ${name}`,
      });
    const text =
      file === undefined
        ? plain
        : this.readFile(file, 'secret', `environment ${name}${FILE_SUFFIX}`)?.trimEnd();
    if (text === undefined) return;
    const where = `environment ${file === undefined ? name : name + FILE_SUFFIX}`;
    this.found.set(key.key, { value: fromText(key, text), where, folder: process.cwd() });
  }

  private walk(
    map: YAMLMap<Node, Node | null>,
    path: readonly string[],
    place: (node: Node) => string,
    folder: string,
  ): void {
    for (const { key: nameNode, value } of map.items) {
      const name = isScalar(nameNode) ? String(nameNode.value) : '(not a name)';
      const full = [...path, name].join('.');
      const where = place(nameNode);
      const isSection = configKeys().some((k) => k.key.startsWith(`${full}.`));
      if (isSection && isMap(value))
        this.walk(value as YAMLMap<Node, Node | null>, [...path, name], place, folder);
      else if (isSection && value !== null && !(isScalar(value) && value.value === null))
        this.problems.push({ key: full, expectation: 'a section with keys of its own', where });
      else if (!isSection) this.takeNode(full, value, where, folder);
    }
  }

  private takeNode(name: string, node: Node | null, where: string, folder: string): void {
    const plain: unknown = node === null ? null : (node.toJSON() as unknown);
    const fileOf = configKeys().find((k) => k.setting.secret && `${k.key}File` === name);
    if (fileOf) {
      if (plain === null) return;
      const text = this.readFile(
        resolve(folder, typeof plain === 'string' ? plain : ''),
        'secret',
        where,
      )?.trimEnd();
      if (text !== undefined) this.put(fileOf.key, { value: text, where, folder });
    } else if (configKeys().some((k) => k.key === name)) {
      if (plain !== null) this.put(name, { value: plain, where, folder });
    } else
      this.unknown(
        name,
        configKeys().map((k) => k.key),
        where,
      );
  }

  private put(key: string, found: Found): void {
    const other = this.found.get(key);
    if (other)
      this.problems.push({
        key,
        expectation: `set once, but it is also at ${other.where}`,
        where: found.where,
      });
    this.found.set(key, found);
  }

  private unknown(name: string, known: Iterable<string>, where: string): void {
    const meant = nearest(name, known);
    const expectation = meant ? `a known key; did you mean ${meant}?` : 'a known key; nothing like it exists';
    this.problems.push({ key: name, expectation, where });
  }

  private readFile(path: string, what: string, where: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      this.problems.push({ key: path, expectation: `a readable ${what} (${code})`, where });
      return undefined;
    }
  }
}

function fromText(key: ConfigKey, text: string): unknown {
  if (text === '' && key.setting.optional) return null;
  switch (key.setting.kind) {
    case 'number':
      return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
    case 'flag':
      return text === 'true' || (text === 'false' ? false : text);
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return text;
  }
}
