/** The system error's name (`ENOENT`), or null where the error is of another kind. */
export function errnoOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
