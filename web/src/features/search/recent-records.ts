// The records that this person opened last, for the palette before anything is typed. Kept on the device, per person,
// and forgotten at sign-out: titles are personal data.
import { session } from '../../api/session.js';

export interface RecentRecord {
  type: string;
  id: string;
  title: string;
}

const most = 8;
const prefix = 'holdfast.recent.';
const storageKey = () => `${prefix}${session.get()?.user.id ?? ''}`;

export function recentRecords(): RecentRecord[] {
  try {
    return JSON.parse(localStorage.getItem(storageKey()) ?? '[]') as RecentRecord[];
  } catch (error) {
    // somebody else wrote there: begin anew
    console.warn(error);
    return [];
  }
}

export function rememberVisit(visit: RecentRecord): void {
  const others = recentRecords().filter(({ id }) => id !== visit.id);
  localStorage.setItem(storageKey(), JSON.stringify([visit, ...others].slice(0, most)));
}

/** Of a record that was erased for good. */
export function forgetVisit(id: string): void {
  const others = recentRecords().filter((each) => each.id !== id);
  localStorage.setItem(storageKey(), JSON.stringify(others));
}

session.subscribe(() => {
  if (session.get() !== null) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
});
