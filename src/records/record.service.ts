import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../platform/http/index.js';
import type { RecordTypeMeta } from './metadata/record-type.meta.js';
import type { RecordData } from './ports/record-behaviour.js';
import type { GetQuery, ListQuery } from './query/list-query.js';
import { RecordDeriver, type Derived } from './record-deriver.service.js';
import { RecordReader, type RecordPage } from './record-reader.service.js';
import type { TextRow } from './sql/record-database.js';
import { RecordWriter, type CreateManyResult, type WriteOptions } from './record-writer.service.js';

type TypeName = string | RecordTypeMeta;

/** The record engine's one door: reads and writes under the principal's permissions. */
@Injectable()
export class RecordService {
  constructor(
    private readonly reader: RecordReader,
    private readonly writer: RecordWriter,
    private readonly deriver: RecordDeriver,
  ) {}

  /** @throws NotFound where the record is missing, in the recycle bin or out of sight */
  get(
    ctx: RequestContext,
    type: TypeName,
    id: string,
    query: GetQuery = {},
    tx?: QueryRunner,
  ): Promise<RecordData> {
    return this.reader.get(ctx, type, id, query, tx);
  }

  /** @throws InvalidInput naming each wrong part of the query */
  list(ctx: RequestContext, type: TypeName, query: ListQuery = {}, tx?: QueryRunner): Promise<RecordPage> {
    return this.reader.list(ctx, type, query, tx);
  }

  /** Asks nothing, only whether the caller could. @throws InvalidInput naming each wrong part of the query */
  checkList(ctx: RequestContext, type: TypeName, query: ListQuery): void {
    this.reader.check(ctx, type, query);
  }

  /** at most 10,000, and whether there are more */
  count(
    ctx: RequestContext,
    type: TypeName,
    query: Pick<ListQuery, 'filter' | 'q'> = {},
    tx?: QueryRunner,
  ): Promise<{ count: number; countCapped: boolean }> {
    return this.reader.count(ctx, type, query, tx);
  }

  /** SQL of the caller's own over the rows of a list: see RecordReader.over */
  over(
    ctx: RequestContext,
    type: TypeName,
    query: Pick<ListQuery, 'filter' | 'q'>,
    sql: (rows: string) => string,
    tx?: QueryRunner,
  ): Promise<TextRow[]> {
    return this.reader.over(ctx, type, query, sql, tx);
  }

  /** @throws InvalidInput, NotAllowed, Conflict */
  create(
    ctx: RequestContext,
    type: TypeName,
    input: unknown,
    options: WriteOptions = {},
  ): Promise<RecordData> {
    return this.writer.create(ctx, type, input, options);
  }

  /** Creates what is right and reports the rest by index; a fixed number of statements per call. */
  createMany(
    ctx: RequestContext,
    type: TypeName,
    inputs: readonly unknown[],
    options: WriteOptions = {},
  ): Promise<CreateManyResult> {
    return this.writer.createMany(ctx, type, inputs, options);
  }

  /** @throws StaleVersion, InvalidInput, NotFound, NotAllowed, Conflict */
  update(
    ctx: RequestContext,
    type: TypeName,
    id: string,
    patch: unknown,
    expectedVersion: number | null,
    options: WriteOptions = {},
  ): Promise<RecordData> {
    return this.writer.update(ctx, type, id, patch, expectedVersion, options);
  }

  /** into the recycle bin */
  remove(
    ctx: RequestContext,
    type: TypeName,
    id: string,
    expectedVersion: number | null = null,
    options: WriteOptions = {},
  ): Promise<void> {
    return this.writer.remove(ctx, type, id, expectedVersion, options);
  }

  /** out of the recycle bin */
  restore(ctx: RequestContext, type: TypeName, id: string, options: WriteOptions = {}): Promise<RecordData> {
    return this.writer.restore(ctx, type, id, options);
  }

  /** Stores what follows from another write, in its transaction: see RecordDeriver. */
  derive(ctx: RequestContext, type: TypeName, derived: readonly Derived[], tx: QueryRunner): Promise<void> {
    return this.deriver.derive(ctx, type, derived, tx);
  }
}
