import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, queryPrepared, type SqlRunner } from '../platform/database/index.js';
import type { RequestContext } from '../platform/http/index.js';
import type { AuditEntry, AuditRecord } from './audit-entry.js';
import {
  readHistory,
  readHistoryOf,
  type AuditSubjectRecord,
  type HistoryPage,
  type RecordedChange,
} from './audit-history.js';
import { AuditKeyMissing } from './audit.errors.js';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { sealPayload } from './sealing.js';
import { newSubjectKey, subjectKeys, subjectName, type NewSubjectKey, type Subject } from './subject-keys.js';

/** Nest token of AuditOptions. */
export const AUDIT_OPTIONS = Symbol('AUDIT_OPTIONS');

export interface AuditOptions {
  /** folder of the key-encryption key, `audit.key` */
  readonly keysFolder: string;
}

/** `bytea` in the JSON that goes to PostgreSQL. */
const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

const insertEntries = `
  WITH entries AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS e(
      id uuid, action text, type text, record_id uuid, field_names text[], on_behalf_of uuid,
      commitment bytea, subject_type text, subject_id uuid, ciphertext bytea, wrapped bytea)
  ), keys AS (
    INSERT INTO audit.subject_key (subject_type, subject_id, kek_id, wrapped, created_at)
    SELECT subject_type, subject_id, $9, wrapped, now() FROM entries WHERE wrapped IS NOT NULL
  ), leaves AS (
    INSERT INTO audit.leaf (id, at, actor_kind, actor_id, actor_name, on_behalf_of, ip, origin, request_id, reason,
      action, type, record_id, field_names, commitment)
    SELECT id, now(), $2, $3, $4, on_behalf_of, $5::inet, $6, $7, $8, action, type, record_id, field_names, commitment
    FROM entries
  )
  INSERT INTO audit.payload (leaf_id, at, subject_type, subject_id, ciphertext)
  SELECT id, now(), subject_type, subject_id, ciphertext FROM entries WHERE ciphertext IS NOT NULL`;

/** The record of who did what. Appends only; its entries stand or fall with the transaction that they describe. */
@Injectable()
export class AuditTrail implements OnModuleInit {
  private kek: KeyEncryptionKey | undefined;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(AUDIT_OPTIONS) private readonly options: AuditOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    this.kek = await KeyEncryptionKey.load(this.options.keysFolder, async () => {
      const [row] = await query<{ used: boolean }>(
        this.dataSource,
        'SELECT EXISTS (SELECT 1 FROM audit.subject_key) AS used',
      );
      return row?.used !== true;
    });
    await this.checkKey(this.kek);
  }

  /**
   * Writes the entries in `tx`: one statement for all of them and the keys of new subjects, and up to three more for the
   * keys of others.
   */
  async append(tx: SqlRunner, ctx: RequestContext, entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const kek = this.key();
    const known = entries.flatMap((entry) => (entry.isFirstOfSubject ? [] : (subjectOf(entry) ?? [])));
    const keys = known.length > 0 ? await subjectKeys(tx, kek, known) : new Map<string, Buffer>();
    const rows = entries.map((entry) => {
      const subject = subjectOf(entry);
      const made = subject && entry.isFirstOfSubject ? newSubjectKey(kek, subject) : null;
      return toRow(entry, subject, made?.key ?? (subject && keys.get(subjectName(subject))), made);
    });
    const { principal } = ctx;
    await queryPrepared(tx, insertEntries, [
      JSON.stringify(rows),
      principal.kind,
      principal.userId,
      principal.name,
      ctx.ip,
      ctx.origin ?? null,
      ctx.requestId,
      ctx.reason ?? null,
      kek.id,
    ]);
  }

  /** Entries of one record, newest first, values opened. The caller decides who may see which field. */
  history(runner: SqlRunner, type: string, recordId: string, page: HistoryPage): Promise<AuditRecord[]> {
    return readHistory(runner, this.key(), type, recordId, page);
  }

  /** Entries of several records, newest first, values opened. The caller decides who may see which record and field. */
  historyOf(
    runner: SqlRunner,
    records: readonly AuditSubjectRecord[],
    page: HistoryPage,
  ): Promise<RecordedChange[]> {
    return readHistoryOf(runner, this.key(), records, page);
  }

  private key(): KeyEncryptionKey {
    if (!this.kek) throw new AuditKeyMissing(this.options.keysFolder);
    return this.kek;
  }

  private async checkKey(kek: KeyEncryptionKey): Promise<void> {
    const foreign = await query(
      this.dataSource,
      'SELECT 1 FROM (SELECT kek_id FROM audit.subject_key LIMIT 1) k WHERE kek_id <> $1',
      [kek.id],
    );
    if (foreign.length > 0) throw new AuditKeyMissing(this.options.keysFolder);
  }
}

/** Whose key an entry needs; none where it has no values. */
function subjectOf(entry: AuditEntry): Subject | null {
  if (entry.before === null && entry.after === null) return null;
  if (entry.subject) return entry.subject;
  return entry.recordId === null ? null : { type: entry.type, id: entry.recordId };
}

function toRow(
  entry: AuditEntry,
  subject: Subject | null,
  key: Buffer | null | undefined,
  made: NewSubjectKey | null,
): Record<string, unknown> {
  const id = uuidv7();
  const leaf = {
    id,
    action: entry.action,
    type: entry.type,
    record_id: entry.recordId,
    field_names: entry.fieldNames,
    on_behalf_of: entry.onBehalfOf ?? null,
  };
  if (!subject || !key) return leaf;
  const sealed = sealPayload(key, { before: entry.before, after: entry.after }, id);
  return {
    ...leaf,
    subject_type: subject.type,
    subject_id: subject.id,
    ciphertext: hex(sealed.ciphertext),
    commitment: hex(sealed.commitment),
    wrapped: made && hex(made.wrapped),
  };
}
