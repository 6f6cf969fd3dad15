import type { AuthProvider } from 'ra-core';
import { isProblem } from './problem.js';
import { currentSession, session } from './session.js';
import { signIn, signOut } from './sign-in.js';

/** The screens behind sign-in are only mounted while there is a session, so these mostly report it. */
export const authProvider: AuthProvider = {
  login: ({ email, password }: { email: string; password: string }) => signIn(email, password),
  logout: () => signOut(),
  checkAuth: () => (session.get() ? Promise.resolve() : Promise.reject(new Error('signed out'))),
  checkError: (error: unknown) =>
    isProblem(error) && error.status === 401 ? Promise.reject(error) : Promise.resolve(),
  getIdentity: () => {
    const { user } = currentSession();
    return Promise.resolve({ id: user.id, fullName: user.name });
  },
  getPermissions: () => Promise.resolve(currentSession().roles),
};
