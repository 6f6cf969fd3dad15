import { createStore } from '../api/store.js';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const storageKey = 'holdfast.theme';
const stored = localStorage.getItem(storageKey);
export const theme = createStore<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');

export function chooseTheme(next: Theme): void {
  localStorage.setItem(storageKey, next);
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  theme.set(next);
}
