// The places of a policy that the form shows, and the changes that it makes. Each change is one of the text.
import type { FieldType, RecordType } from '../../../api/types.js';
import { removeAt, setAt } from './change-text.js';
import { isTree, valueAt, type Path, type Tree } from './policy-text.js';
import { readTreatment, writeTreatment, type Treatment } from './treatments.js';

/** Classifications whose fields stay home unless somebody says why they may leave. */
export const protectedOnes: readonly string[] = ['confidential', 'personal', 'special'];

/** They go with every selected record, or never. */
const settled = ['id', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'ownerId', 'version', 'deletedAt'];

/** The types that a policy may name; files follow the records that they hang on. */
export const nameableTypes = (types: readonly RecordType[]): RecordType[] =>
  types.filter(({ cloud, name }) => cloud === 'policy' && name !== 'attachment');

export const nameableFields = (type: RecordType): FieldType[] =>
  type.fields.filter(({ custom, name }) => custom || !settled.includes(name));

export const isIncluded = (tree: Tree, type: string): boolean => valueAt(tree, ['types', type]) !== undefined;

/** Custom fields stand under `custom`, or as `custom.<key>` among the others. */
function fieldPath(tree: Tree, type: string, { custom, name, path }: FieldType): Path {
  if (!custom) return ['types', type, 'fields', name];
  const among = ['types', type, 'fields', path];
  return valueAt(tree, among) === undefined ? ['types', type, 'custom', name] : among;
}

export const treatmentOf = (tree: Tree, type: string, field: FieldType): Treatment =>
  readTreatment(valueAt(tree, fieldPath(tree, type, field)));

/** What holds for a field that is not named. A custom field stays home, whatever its classification. */
export function defaultOf(tree: Tree, { custom, classification }: FieldType): 'include' | 'omit' {
  if (custom) return 'omit';
  const said = valueAt(tree, ['defaults', 'classification', classification]);
  if (said === 'include' || said === 'omit') return said;
  return protectedOnes.includes(classification) ? 'omit' : 'include';
}

/** Whether the field as it is needs a reason of its own; where the default lets all of its kind go, one stands there. */
export const needsReason = (tree: Tree, field: FieldType, { choice }: Treatment): boolean =>
  choice === 'include' &&
  protectedOnes.includes(field.classification) &&
  valueAt(tree, ['defaults', 'classification', field.classification]) !== 'include';

const reasonPath = (type: string, { path }: FieldType): Path => ['allow', `${type}.${path}`];

export function reasonOf(tree: Tree, type: string, field: FieldType): string {
  const reason = valueAt(tree, reasonPath(type, field));
  return typeof reason === 'string' ? reason : '';
}

export const setReason = (text: string, type: string, field: FieldType, reason: string): string =>
  reason.trim() === ''
    ? removeAt(text, reasonPath(type, field))
    : setAt(text, reasonPath(type, field), reason);

/** With the reason, which nothing would need any more. */
export function setTreatment(
  text: string,
  tree: Tree,
  type: string,
  field: FieldType,
  treatment: Treatment,
): string {
  const path = fieldPath(tree, type, field);
  const value = writeTreatment(treatment);
  const changed = value === undefined ? removeAt(text, path) : setAt(text, path, value);
  return needsReason(tree, field, treatment) ? changed : removeAt(changed, reasonPath(type, field));
}

/** A type is taken in as a whole, and taken out with the reasons of its fields. */
export function setIncluded(text: string, tree: Tree, type: string, isWanted: boolean): string {
  if (isWanted) return setAt(text, ['types', type], null);
  const allow = valueAt(tree, ['allow']);
  const reasons = isTree(allow) ? Object.keys(allow).filter((name) => name.startsWith(`${type}.`)) : [];
  return reasons.reduce((words, name) => removeAt(words, ['allow', name]), removeAt(text, ['types', type]));
}

export type Follow = string | { readonly through: string; readonly by?: string };

const isFollow = (value: unknown): value is Follow =>
  typeof value === 'string' || (isTree(value) && typeof value['through'] === 'string');

/** Null: it says something that the form cannot show. */
export function followsOf(tree: Tree, type: string): readonly Follow[] | null {
  const said = valueAt(tree, ['types', type, 'follows']);
  const list: readonly unknown[] = said === undefined ? [] : Array.isArray(said) ? said : [said];
  return list.every(isFollow) ? list : null;
}

export function setFollows(text: string, type: string, follows: readonly Follow[]): string {
  const path = ['types', type, 'follows'];
  const [only] = follows;
  if (only === undefined) return removeAt(text, path);
  return setAt(text, path, follows.length === 1 ? only : follows);
}

/** Whether a type says itself that it goes only where another one does. */
const isFollowing = (tree: Tree, { name, fields }: RecordType, other: string): boolean =>
  (followsOf(tree, name) ?? []).some(
    (follow) =>
      follow === other ||
      fields.some(
        ({ target, relation }) => target === other && relation !== undefined && relation === follow,
      ),
  );

/**
 * What a record of this type can follow: its references, and what links to it, among the types of the policy. Not what
 * follows it itself: that would go round in a circle.
 */
export function followable(tree: Tree, type: RecordType, types: readonly RecordType[]): Follow[] {
  const among = nameableTypes(types).filter(
    (each) => each !== type && isIncluded(tree, each.name) && !isFollowing(tree, each, type.name),
  );
  const targets = type.fields.flatMap(({ target, relation }) =>
    target !== undefined && relation !== undefined && among.some(({ name }) => name === target)
      ? [{ target, relation }]
      : [],
  );
  const direct = targets.map(({ target, relation }) =>
    targets.filter((each) => each.target === target).length === 1 ? target : relation,
  );
  const links = among.flatMap((link) => {
    const back = link.fields.filter(({ target }) => target === type.name);
    return back.map(({ relation = '' }) =>
      back.length === 1 ? { through: link.name } : { through: link.name, by: relation },
    );
  });
  return [...direct, ...links];
}

/** Which files go, as written; the lists one after the other. */
export interface FileRule {
  readonly maxSize: string;
  readonly types: string;
  readonly label: string;
}

const asWritten = (value: unknown): string =>
  (Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value])
    .map((item) => (typeof item === 'string' || typeof item === 'number' ? String(item) : ''))
    .join(', ');

/** Null: no file of these records goes. */
export function fileRuleOf(tree: Tree, type: string): FileRule | null {
  const rule = valueAt(tree, ['types', type, 'attachments']);
  if (rule === undefined) return null;
  const part = (key: string) => (isTree(rule) ? asWritten(rule[key]) : '');
  return { maxSize: part('maxSize'), types: part('types'), label: part('label') };
}

export const listOf = (words: string): string[] =>
  words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

export function setFileRule(text: string, type: string, rule: FileRule | null): string {
  const path = ['types', type, 'attachments'];
  if (rule === null) return removeAt(text, path);
  const [types, labels] = [listOf(rule.types), listOf(rule.label)];
  return setAt(text, path, {
    ...(rule.maxSize.trim() === '' ? {} : { maxSize: rule.maxSize.trim() }),
    ...(types.length === 0 ? {} : { types }),
    ...(labels.length === 0 ? {} : { label: labels.length === 1 ? (labels[0] ?? '') : labels }),
  });
}
