import { isProblem } from './problem.js';
import { request } from './http.js';
import { session, type Session } from './session.js';

/** Finds out whether the browser's cookie is still good. Nobody signed in is an answer, not an error. */
export async function resumeSession(): Promise<void> {
  try {
    session.set((await request<{ me: Session | null }>('/auth/session')).body.me);
  } catch (error) {
    if (!isProblem(error)) throw error;
    session.set(null);
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const options = { method: 'POST', body: { email, password }, isSignIn: true } as const;
  session.set((await request<Session>('/auth/sign-in', options)).body);
}

export async function signOut(): Promise<void> {
  try {
    await request('/auth/sign-out', { method: 'POST', isSignIn: true });
  } finally {
    session.set(null);
  }
}

export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  await request('/auth/password', { method: 'POST', body: { currentPassword, newPassword }, isSignIn: true });
}

/** The replica has a password of its own: a leak there opens nothing on the premises. */
export async function chooseReplicaPassword(currentPassword: string, replicaPassword: string): Promise<void> {
  const body = { currentPassword, replicaPassword };
  await request('/auth/replica-password', { method: 'POST', body, isSignIn: true });
}
