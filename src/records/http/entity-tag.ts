import { InvalidInput, VersionRequired } from '../../platform/errors/index.js';

/** `"3"`: the version is the entity tag. */
export function entityTag(version: unknown): string {
  return `"${String(version)}"`;
}

const tagForm = /^(?:W\/)?"(\d{1,9})"$/;

/**
 * The version that `If-Match` names; null for `*`.
 * @throws VersionRequired where the header is missing; InvalidInput where it is no entity tag of ours
 */
export function expectedVersion(header: string | undefined): number | null {
  if (header === undefined) throw new VersionRequired();
  if (header.trim() === '*') return null;
  const match = tagForm.exec(header.trim());
  if (!match?.[1])
    throw new InvalidInput([{ path: 'If-Match', message: 'must be the ETag of the record, like "3"' }]);
  return Number(match[1]);
}
