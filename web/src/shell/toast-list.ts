import { createStore } from '../api/store.js';

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

export const toastList = createStore<Toast[]>([]);
let lastId = 0;
const shownMs = 8000;
/** finding a button takes longer than reading a line, all the more by keyboard or screen reader */
const shownWithActionMs = 20_000;

export function dismissToast(id: number): void {
  toastList.set(toastList.get().filter((toast) => toast.id !== id));
}

/** Says something in passing; what can be undone offers it for twenty seconds. */
export function toast(text: string, action?: Toast['action']): void {
  lastId += 1;
  const id = lastId;
  toastList.set([...toastList.get(), { id, text, ...(action ? { action } : {}) }]);
  setTimeout(dismissToast, action ? shownWithActionMs : shownMs, id);
}
