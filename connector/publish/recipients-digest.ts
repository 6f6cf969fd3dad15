import { createHash } from 'node:crypto';

/** Tells one set of recipients from another, in whatever order they stand. Hex. */
export function digestOfRecipients(recipients: readonly string[]): string {
  return createHash('sha256')
    .update([...new Set(recipients)].sort().join('\n'))
    .digest('hex');
}
