import { InvalidInput, type FieldProblem } from '../../platform/errors/index.js';

export const minPasswordLength = 10;
/** Long enough for any passphrase; an end at all, so that nobody has megabytes hashed. */
export const maxPasswordLength = 256;

/** Refuses a new password that is too short, too long, or the person's own e-mail or name. */
export function checkNewPassword(
  password: string,
  person: { email: string; name: string },
  path: string,
): void {
  const message = problemWith(password, person);
  if (message === null) return;
  const problem: FieldProblem = { path, message };
  throw new InvalidInput([problem]);
}

function problemWith(password: string, person: { email: string; name: string }): string | null {
  const length = Array.from(password).length;
  if (length < minPasswordLength) return `must have at least ${String(minPasswordLength)} characters`;
  if (length > maxPasswordLength) return `must have at most ${String(maxPasswordLength)} characters`;
  if (new Set(password).size < 4) return 'must have at least 4 different characters';
  const lower = password.toLowerCase();
  const own = [person.email, person.email.split('@')[0] ?? '', person.name];
  if (own.some((word) => lower === word.toLowerCase())) return 'must not be the name or e-mail address';
  return null;
}
