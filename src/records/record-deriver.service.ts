import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { AuditTrail } from '../audit/index.js';
import type { RequestContext } from '../platform/http/index.js';
import type { RecordTypeMeta } from './metadata/record-type.meta.js';
import type { RecordData } from './ports/record-behaviour.js';
import { projectionOf } from './query/projection.js';
import { RecordDatabase } from './sql/record-database.js';
import { recordTypeOf, TypeViews } from './view/type-views.service.js';
import { changedFields, pick, touch } from './write/changes.js';
import { updateRecords } from './write/record-rows.js';

/** Values that a record gets because another one was written. */
export interface Derived {
  readonly id: string;
  readonly values: Readonly<RecordData>;
}

const batchSize = 1000;

/**
 * Stores what follows from a write (a deal's amount from its lines). It is audited in the caller's name, but asks
 * neither for rights to these records and fields nor the type's behaviours: who may do the one thing brings about
 * the other. A fixed number of statements per thousand records.
 */
@Injectable()
export class RecordDeriver {
  constructor(
    private readonly database: RecordDatabase,
    private readonly views: TypeViews,
    private readonly audit: AuditTrail,
  ) {}

  /** Records that are gone are passed over, those in the recycle bin are not. */
  async derive(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    derived: readonly Derived[],
    tx: QueryRunner,
  ): Promise<void> {
    const type = recordTypeOf(typeName);
    // Always in the same order, so that two of these cannot wait for each other.
    const sorted = [...derived].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (let at = 0; at < sorted.length; at += batchSize)
      await this.deriveBatch(ctx, type, sorted.slice(at, at + batchSize), tx);
  }

  private async deriveBatch(
    ctx: RequestContext,
    type: RecordTypeMeta,
    derived: readonly Derived[],
    tx: QueryRunner,
  ): Promise<void> {
    const wanted = new Map(derived.map(({ id, values }) => [id, values]));
    const changes = (await this.lock(tx, type, [...wanted.keys()])).flatMap((before) => {
      const after: RecordData = { ...before, ...wanted.get(String(before['id'])) };
      const names = changedFields(type, before, after);
      if (names.length === 0) return [];
      touch(ctx, before, after);
      return [{ before, after, names }];
    });
    if (changes.length === 0) return;
    const written = new Set(['version', 'updatedAt', 'updatedBy', ...changes.flatMap(({ names }) => names)]);
    await updateRecords(
      tx,
      type,
      changes.map(({ after }) => after),
      written,
    );
    const entries = changes.map(({ before, after, names }) => ({
      action: 'update',
      type: type.name,
      recordId: String(before['id']),
      fieldNames: names,
      before: pick(before, names),
      after: pick(after, names),
    }));
    await this.audit.append(tx, ctx, entries);
  }

  private async lock(tx: QueryRunner, type: RecordTypeMeta, ids: readonly string[]): Promise<RecordData[]> {
    const whole = projectionOf(this.views.whole(type));
    const rows = await this.database.read(
      `SELECT ${whole.columns}, t."custom" FROM ${type.table} t ` +
        'WHERE t."id" = ANY($1::uuid[]) ORDER BY t."id" FOR UPDATE OF t',
      [ids],
      tx,
    );
    return rows.map((row) => ({
      ...whole.toRecord(row),
      custom: JSON.parse(row[whole.width] ?? '{}') as RecordData,
    }));
  }
}
