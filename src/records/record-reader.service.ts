import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { NotAllowed, NotFound } from '../platform/errors/index.js';
import type { RequestContext } from '../platform/http/index.js';
import { isUuid } from './kinds/index.js';
import type { RecordTypeMeta } from './metadata/record-type.meta.js';
import { ACCESS_POLICY, type AccessPolicy } from './ports/access-policy.js';
import type { RecordData } from './ports/record-behaviour.js';
import { compileExpansion } from './query/expansion.js';
import { checkFields, compileCount, compileList, compileRows } from './query/list-sql.js';
import { countCap, type GetQuery, type ListQuery } from './query/list-query.js';
import { projectionOf } from './query/projection.js';
import { QueryProblems } from './query/query-problems.js';
import { SqlScope } from './query/sql-scope.js';
import { RecordDatabase, type TextRow } from './sql/record-database.js';
import { recordTypeOf, TypeViews } from './view/type-views.service.js';

export interface RecordPage {
  readonly data: RecordData[];
  readonly page: {
    readonly nextCursor: string | null;
    /** with `count=capped` only */
    readonly count?: number;
    readonly countCapped?: boolean;
  };
}

/** Reads records as one principal may see them. */
@Injectable()
export class RecordReader {
  constructor(
    private readonly database: RecordDatabase,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    private readonly views: TypeViews,
  ) {}

  /** @throws NotFound where the record is missing, in the recycle bin or out of sight: the caller cannot tell */
  async get(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    id: string,
    query: GetQuery = {},
    tx?: QueryRunner,
  ): Promise<RecordData> {
    const type = recordTypeOf(typeName);
    if (!isUuid(id)) throw recordNotFound(type);
    const scope = this.scope(ctx);
    const view = this.views.of(ctx, type);
    const problems = new QueryProblems();
    const ids = scope.bind([id]);
    const projection = projectionOf(view, checkFields(query.fields, view, problems));
    const expansion = compileExpansion(query.expand ?? [], view, scope, problems);
    problems.throwIfAny();
    const columns = [projection.columns, ...expansion.columns, 't."id"'].join(', ');
    const where = `t."id" = ANY (${ids}::uuid[]) AND ${scope.visible(type, 't')}`;
    const sql = `SELECT ${columns} FROM ${type.table} t WHERE ${where}`;
    const row = tx
      ? (await this.database.read(sql, scope.params, tx))[0]
      : await this.database.readById(sql, scope.params.slice(1), id.toLowerCase());
    if (!row) throw recordNotFound(type);
    const record = projection.toRecord(row);
    expansion.addTo(row, projection.width, record);
    return record;
  }

  /** @throws InvalidInput naming what is wrong with the query; NotAllowed where the type may not be read at all */
  async list(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    query: ListQuery = {},
    tx?: QueryRunner,
  ): Promise<RecordPage> {
    const type = recordTypeOf(typeName);
    this.mustRead(ctx, type);
    const list = compileList(this.views.of(ctx, type), query, this.scope(ctx));
    const counting = query.count && !tx ? this.count(ctx, type, query) : null;
    const [rows, counted] = await Promise.all([this.database.read(list.text, list.params, tx), counting]);
    const count = query.count && tx ? await this.count(ctx, type, query, tx) : counted;
    const hasMore = rows.length > list.limit;
    const shown = hasMore ? rows.slice(0, list.limit) : rows;
    const last = shown.at(-1);
    return {
      data: shown.map(list.toRecord),
      page: { nextCursor: hasMore && last ? list.cursorAfter(last) : null, ...count },
    };
  }

  /** how many records the filter and search of `query` match, at most the cap */
  async count(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    query: Pick<ListQuery, 'filter' | 'q'> = {},
    tx?: QueryRunner,
  ): Promise<{ count: number; countCapped: boolean }> {
    const type = recordTypeOf(typeName);
    this.mustRead(ctx, type);
    const scope = this.scope(ctx);
    const sql = compileCount(this.views.of(ctx, type), query, scope);
    const [row] = await this.database.read(sql, scope.params, tx);
    const found = Number(row?.[0] ?? 0);
    return { count: Math.min(found, countCap), countCapped: found > countCap };
  }

  /**
   * Runs SQL of the caller's own (sums, the first of each group) over the records that a list would go through.
   * @param sql is given the text after FROM, with the alias `t`; it may name only fields that the caller's principal
   * may see, and holds no values
   */
  over(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    query: Pick<ListQuery, 'filter' | 'q'>,
    sql: (rows: string) => string,
    tx?: QueryRunner,
  ): Promise<TextRow[]> {
    const type = recordTypeOf(typeName);
    const scope = this.scope(ctx);
    const rows = compileRows(this.views.of(ctx, type), query, scope);
    return this.database.read(sql(rows), scope.params, tx);
  }

  /** Whether a list could be asked for like this, by this caller. @throws InvalidInput naming what is wrong */
  check(ctx: RequestContext, typeName: string | RecordTypeMeta, query: ListQuery): void {
    compileList(this.views.of(ctx, recordTypeOf(typeName)), query, this.scope(ctx));
  }

  scope(ctx: RequestContext): SqlScope {
    return new SqlScope(ctx, this.policy, this.views);
  }

  private mustRead(ctx: RequestContext, type: RecordTypeMeta): void {
    if (this.policy.can(ctx, type, 'read') === 'none')
      throw new NotAllowed({ detail: `You may not read ${type.plural}.` });
  }
}

export function recordNotFound(type: RecordTypeMeta): NotFound {
  return new NotFound({ detail: `There is no ${type.name} with this id.` });
}
