import { createStore } from './store.js';

/** What `/me` answers. */
export interface Session {
  user: { id: string; name: string; email: string; locale: string | null; timeZone: string | null };
  roles: string[];
  /** what this person may do beside records */
  may: string[];
  csrfToken: string;
  /** an administrator gave the password: nothing else works before it is changed */
  mustChangePassword: boolean;
  server: { role: 'primary' | 'replica'; version: string; installation: string };
}

/** `undefined` while it is not known whether somebody is signed in, `null` when nobody is. */
export const session = createStore<Session | null | undefined>(undefined);

/** The session of a screen that is only shown to somebody signed in. */
export function currentSession(): Session {
  const current = session.get();
  if (!current) throw new TypeError('no session');
  return current;
}
export const isReplica = (): boolean => session.get()?.server.role === 'replica';
