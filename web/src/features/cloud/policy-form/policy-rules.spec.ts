import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { readPolicy, type Tree } from './policy-text.js';
import { brakeOf, needsReason, reasonOf, ruleOf, setBrake, setReason, setRule } from './policy-rules.js';

const demo = readFileSync('config/demo-policy.yaml', 'utf8');
const tree = (text: string): Tree => {
  const reading = readPolicy(text);
  if (!reading.ok) throw new Error(reading.message ?? 'not YAML');
  return reading.tree;
};

it('reads and writes what becomes of fields that are not named', () => {
  expect(ruleOf(tree(demo), 'personal')).toBe('omit');
  const open = setRule(demo, 'personal', 'include');
  expect(ruleOf(tree(open), 'personal')).toBe('include');
  expect(needsReason(tree(open), 'personal')).toBe(true);
  const allowed = setReason(open, 'personal', 'contract');
  expect(reasonOf(tree(allowed), 'personal')).toBe('contract');
  const plain = setRule(allowed, 'personal', 'plain');
  expect(ruleOf(tree(plain), 'personal')).toBe('plain');
  expect(reasonOf(tree(plain), 'personal')).toBe('');
  expect(needsReason(tree(setRule(demo, 'public', 'include')), 'public')).toBe(false);
});

it('reads and writes the brake, and leaves words that are no number to the server', () => {
  expect(brakeOf(tree(demo))).toBe('500');
  expect(tree(setBrake(demo, '750'))).toMatchObject({ brake: { deletes: 750 } });
  expect(tree(setBrake(demo, 'many'))).toMatchObject({ brake: { deletes: 'many' } });
  expect(brakeOf(tree(setBrake(demo, ' ')))).toBe('');
});
