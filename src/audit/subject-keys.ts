import { randomBytes } from 'node:crypto';
import { queryPrepared, type SqlRunner } from '../platform/database/index.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';

export interface Subject {
  readonly type: string;
  readonly id: string;
}

interface StoredKey {
  subject_type: string;
  subject_id: string;
  wrapped: Buffer;
}

export interface NewSubjectKey {
  readonly key: Buffer;
  readonly wrapped: Buffer;
}

export function newSubjectKey(kek: KeyEncryptionKey, subject: Subject): NewSubjectKey {
  const key = randomBytes(32);
  return { key, wrapped: kek.wrap(key, subjectName(subject)) };
}

export const subjectName = (subject: Subject): string => `${subject.type}:${subject.id}`;

/**
 * Data keys of the given subjects by name, made where missing. They are not kept in memory between writes: a key that
 * was made in a transaction that rolled back must not seal anything.
 */
export async function subjectKeys(
  tx: SqlRunner,
  kek: KeyEncryptionKey,
  subjects: readonly Subject[],
): Promise<Map<string, Buffer>> {
  const wanted = new Map(subjects.map((subject) => [subjectName(subject), subject]));
  const keys = await readSubjectKeys(tx, kek, [...wanted.values()]);
  const missing = [...wanted].filter(([name]) => !keys.has(name)).map(([, subject]) => subject);
  if (missing.length === 0) return keys;
  await insertKeys(tx, kek, missing);
  // Read back rather than kept: somebody else may have made the same subject's key at the same time.
  for (const [name, key] of await readSubjectKeys(tx, kek, missing)) keys.set(name, key);
  return keys;
}

export async function readSubjectKeys(
  tx: SqlRunner,
  kek: KeyEncryptionKey,
  subjects: readonly Subject[],
): Promise<Map<string, Buffer>> {
  const rows = await queryPrepared<StoredKey>(
    tx,
    `SELECT k.subject_type, k.subject_id, k.wrapped FROM audit.subject_key k
     JOIN unnest($1::text[], $2::uuid[]) AS s(type, id) ON k.subject_type = s.type AND k.subject_id = s.id`,
    [subjects.map(({ type }) => type), subjects.map(({ id }) => id)],
  );
  return new Map(
    rows.map((row) => {
      const name = subjectName({ type: row.subject_type, id: row.subject_id });
      return [name, kek.unwrap(row.wrapped, name)];
    }),
  );
}

async function insertKeys(tx: SqlRunner, kek: KeyEncryptionKey, subjects: readonly Subject[]): Promise<void> {
  await queryPrepared(
    tx,
    `INSERT INTO audit.subject_key (subject_type, subject_id, kek_id, wrapped, created_at)
     SELECT s.type, s.id, $3, s.wrapped, now() FROM unnest($1::text[], $2::uuid[], $4::bytea[]) AS s(type, id, wrapped)
     ON CONFLICT DO NOTHING`,
    [
      subjects.map(({ type }) => type),
      subjects.map(({ id }) => id),
      kek.id,
      subjects.map((subject) => newSubjectKey(kek, subject).wrapped),
    ],
  );
}
