// What a policy says of all types at once: the brake, and what becomes of fields that it does not name.
import { removeAt, setAt } from './change-text.js';
import { valueAt, type Tree } from './policy-text.js';
import { protectedOnes } from './policy-draft.js';

export const classifications = ['public', 'internal', 'confidential', 'personal', 'special'] as const;
export type Classification = (typeof classifications)[number];

/** `plain`: not said in the policy, so that the rule of the product holds */
export type ClassificationRule = 'plain' | 'include' | 'omit';

const rulePath = (classification: Classification) => ['defaults', 'classification', classification];
const reasonPath = (classification: Classification) => ['allow', classification];

export function ruleOf(tree: Tree, classification: Classification): ClassificationRule {
  const said = valueAt(tree, rulePath(classification));
  return said === 'include' || said === 'omit' ? said : 'plain';
}

export const plainRule = (classification: Classification): 'include' | 'omit' =>
  protectedOnes.includes(classification) ? 'omit' : 'include';

/** Whether letting all fields of the classification go needs to be justified. */
export const needsReason = (tree: Tree, classification: Classification): boolean =>
  protectedOnes.includes(classification) && ruleOf(tree, classification) === 'include';

export function reasonOf(tree: Tree, classification: Classification): string {
  const reason = valueAt(tree, reasonPath(classification));
  return typeof reason === 'string' ? reason : '';
}

export const setReason = (text: string, classification: Classification, reason: string): string =>
  reason.trim() === ''
    ? removeAt(text, reasonPath(classification))
    : setAt(text, reasonPath(classification), reason);

/** With the reason, which nothing would need any more. */
export function setRule(text: string, classification: Classification, rule: ClassificationRule): string {
  const path = rulePath(classification);
  const changed = rule === 'plain' ? removeAt(text, path) : setAt(text, path, rule);
  return rule === 'include' ? changed : removeAt(changed, reasonPath(classification));
}

const brakePath = ['brake', 'deletes'];

/** As written; empty where nothing is held. */
export function brakeOf(tree: Tree): string {
  const said = valueAt(tree, brakePath);
  return typeof said === 'number' || typeof said === 'string' ? String(said) : '';
}

/** What is no whole number goes into the policy as it is, so that the server says what is wrong with it. */
export function setBrake(text: string, words: string): string {
  const said = words.trim();
  if (said === '') return removeAt(text, brakePath);
  return setAt(text, brakePath, /^\d{1,15}$/.test(said) ? Number(said) : said);
}
