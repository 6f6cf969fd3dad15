import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, withTransaction, type SqlRunner } from '../platform/database/index.js';
import { NotFound } from '../platform/errors/index.js';
import { recordTypeOf, type RecordTypeMeta, type RequestContext } from '../records/index.js';
import { EraseSubject, type Erased } from './erase-subject.command.js';
import { ErasureLedger } from './erasure-ledger.js';
import { NotErasable } from './erasure.errors.js';
import { erasureById, type StoredErasure } from './erasure.row.js';

export interface ErasureRequest {
  type: string;
  id: string;
  reason: string;
  /** does not wait for others to be answered by the same generation */
  urgent: boolean;
}

/** How long an erasure waits for others before a generation is made anew for all of them. */
export interface ErasureOptions {
  batchMinutes: number;
}

@Injectable()
export class ErasuresService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly subject: EraseSubject,
    private readonly ledger: ErasureLedger,
    private readonly options: ErasureOptions,
  ) {}

  /**
   * The ledger first: what stands there is erased again after any restore. Where the database fails afterwards, the
   * entry stays, and the next start of the server does what it asks.
   * @throws NotFound, NotErasable
   */
  async erase(ctx: RequestContext, request: ErasureRequest): Promise<StoredErasure> {
    const type = erasableType(request.type);
    const [found] = await query(this.dataSource, `SELECT 1 FROM ${type.table} WHERE id = $1`, [request.id]);
    if (!found)
      throw new NotFound({ detail: `There is no ${type.name} with this id, in the recycle bin neither.` });
    const entry = await this.ledger.append({
      ...{ id: randomUUID(), subject: { type: type.name, id: request.id }, urgent: request.urgent },
      requestedAt: new Date().toISOString(),
    });
    await withTransaction(this.dataSource, (tx) =>
      this.carryOut(tx, { ...ctx, reason: request.reason }, { ...entry, reason: request.reason }),
    );
    return erasureById(this.dataSource, entry.id);
  }

  /** Erases what an entry of the ledger says, and asks for a generation without it. Doing it again changes nothing. */
  async carryOut(
    tx: SqlRunner,
    ctx: RequestContext,
    entry: {
      id: string;
      sequence: number;
      subject: { type: string; id: string };
      urgent: boolean;
      requestedAt: string;
      reason: string;
    },
  ): Promise<Erased> {
    const erased = await this.subject.run(tx, ctx, erasableType(entry.subject.type), entry.subject.id);
    const requestId = await this.requestGeneration(tx, ctx, entry.urgent);
    await query(
      tx,
      `INSERT INTO replication.erasure (id, sequence, subject_type, subject_id, reason, urgent, requested_by,
         requested_at, erased, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...[entry.id, entry.sequence, entry.subject.type, entry.subject.id, entry.reason, entry.urgent],
        ...[ctx.principal.userId, entry.requestedAt, JSON.stringify(erased), requestId],
      ],
    );
    return erased;
  }

  private async requestGeneration(tx: SqlRunner, ctx: RequestContext, isUrgent: boolean): Promise<string> {
    const id = randomUUID();
    const waitMinutes = isUrgent ? 0 : this.options.batchMinutes;
    await query(
      tx,
      `INSERT INTO replication.generation_request (id, reason, purge_at_once, requested_by, due_at)
       VALUES ($1, 'erasure', true, $2, clock_timestamp() + make_interval(mins => $3::int))`,
      [id, ctx.principal.userId, waitMinutes],
    );
    return id;
  }
}

function erasableType(name: string): RecordTypeMeta {
  const type = recordTypeOf(name);
  if (type.cloud !== 'policy') throw new NotErasable(type.name);
  return type;
}
