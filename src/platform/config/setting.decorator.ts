import { applyDecorators } from '@nestjs/common';
import { IsOptional, ValidateNested } from 'class-validator';

export type SettingKind = 'text' | 'number' | 'flag' | 'list';

export interface SettingOptions {
  /** May stay unset (`null`); then nothing else is checked. */
  optional?: boolean;
  /** `<key>File` may stand beside it in the YAML: a file that holds the value. */
  secret?: boolean;
  /** A path: taken relative to the config file when read from it. */
  path?: boolean;
  /** A second environment variable besides HOLDFAST_<SECTION>_<KEY>. */
  env?: string;
}

export interface Setting extends SettingOptions {
  name: string;
  kind: SettingKind;
  /** What the value should be, in words; the only thing an error says about a value. */
  expectation: string;
}

type SectionClass = new () => object;

const settings = new WeakMap<object, Setting[]>();
const sections = new WeakMap<object, Map<string, SectionClass>>();

export const settingsOf = (type: SectionClass): readonly Setting[] =>
  settings.get(type.prototype as object) ?? [];
export const sectionsOf = (type: SectionClass): ReadonlyMap<string, SectionClass> =>
  sections.get(type.prototype as object) ?? new Map<string, SectionClass>();

/** Declares one key of the config; class-validator's own decorators beside it check the value. */
export function Setting(
  kind: SettingKind,
  expectation: string,
  options: SettingOptions = {},
): PropertyDecorator {
  const declare: PropertyDecorator = (prototype, name) => {
    const known = settings.get(prototype) ?? [];
    known.push({ name: String(name), kind, expectation, ...options });
    settings.set(prototype, known);
  };
  return options.optional ? applyDecorators(declare, IsOptional()) : declare;
}

/** Declares a nested section. */
export function Section(type: SectionClass): PropertyDecorator {
  const declare: PropertyDecorator = (prototype, name) => {
    const known = sections.get(prototype) ?? new Map<string, SectionClass>();
    known.set(String(name), type);
    sections.set(prototype, known);
  };
  return applyDecorators(declare, ValidateNested());
}
