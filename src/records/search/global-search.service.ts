import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { query, withTransaction } from '../../platform/database/index.js';
import { DomainError } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { recordTypes } from '../metadata/registry.js';
import { ACCESS_POLICY, type AccessPolicy } from '../ports/access-policy.js';
import { SqlScope } from '../query/sql-scope.js';
import { NeedsIndex } from '../sql/database-errors.js';
import { RecordDatabase } from '../sql/record-database.js';
import type { TypeView } from '../view/type-view.js';
import { TypeViews } from '../view/type-views.service.js';
import { slipSql, titleSql, withinSql, wordsSql, type TierSql } from './candidate-sql.js';
import { Candidates } from './candidates.js';
import { describeHits, type SearchHit } from './describe-hits.js';
import { parseSearch, type SearchTerms } from './search-terms.js';
import { canBeMistyped } from './spelling.js';

export interface GlobalSearchQuery {
  readonly q: string;
  /** all types that people work with where left out */
  readonly types?: readonly RecordTypeMeta[];
  readonly limit: number;
}

/** Fewer good hits than this, and parts of words and slips of the keyboard are looked for as well. */
const enough = 3;
const timeoutMs = 2_000;

/** The search took longer than it may; more letters make it cheaper. */
export class SearchTooBroad extends DomainError {
  constructor(cause: unknown) {
    super('search_too_broad', 503, 'warn', { detail: 'This search takes too long. Type more of it.', cause });
  }
}

/**
 * Finds records of all types by what people remember of them. Every statement carries the caller's row predicate and
 * looks at the fields that he may see only, so a hit never tells of anything else; the recycle bin stays out.
 *
 * In steps, each of which runs only where the ones before found too little: titles that begin so, words that begin
 * so, parts of words, words that are one slip away.
 */
@Injectable()
export class GlobalSearch {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: RecordDatabase,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    private readonly views: TypeViews,
  ) {}

  /** @throws SearchTooBroad */
  async search(ctx: RequestContext, { q, types, limit }: GlobalSearchQuery): Promise<SearchHit[]> {
    const terms = parseSearch(q);
    const views = this.searched(ctx, types);
    if (terms.words.length === 0 || views.length === 0) return [];
    try {
      return await withTransaction(this.dataSource, async (tx) => {
        // every condition has its index; a planner that knows no statistics yet must not think otherwise
        await query(
          tx,
          `SELECT set_config('statement_timeout', $1, true), set_config('enable_seqscan', 'off', true)`,
          [String(timeoutMs)],
        );
        const found = await this.candidates(ctx, tx, terms, views, limit);
        return describeHits(this.database, tx, () => this.scope(ctx), terms, found.best(limit));
      });
    } catch (error) {
      throw error instanceof NeedsIndex ? new SearchTooBroad(error) : error;
    }
  }

  private async candidates(
    ctx: RequestContext,
    tx: QueryRunner,
    terms: SearchTerms,
    views: readonly TypeView[],
    limit: number,
  ): Promise<Candidates> {
    const found = new Candidates(terms);
    const run = async (tier: TierSql, floor: number): Promise<void> => {
      const scope = this.scope(ctx);
      const parts = views.flatMap((view) => tier(view, terms, scope, limit));
      if (parts.length === 0) return;
      const sql = parts.map((part) => `(${part})`).join(' UNION ALL ');
      found.add(await this.database.read(sql, scope.params, tx), views, floor);
    };
    await run(titleSql, 0);
    if (found.size < limit) await run(wordsSql, 0.4);
    if (found.size < enough) await run(withinSql, 0.3);
    if (found.size < enough && terms.words.some(canBeMistyped)) await run(slipSql, 0.1);
    return found;
  }

  private searched(ctx: RequestContext, types: readonly RecordTypeMeta[] | undefined): TypeView[] {
    return (types ?? recordTypes().filter(({ adminOnly, partOf }) => !adminOnly && partOf === undefined))
      .filter((type) => this.policy.can(ctx, type, 'read') !== 'none')
      .map((type) => this.views.of(ctx, type))
      .filter(({ fields, custom }) => [...fields, ...custom].some(({ search }) => search));
  }

  private scope(ctx: RequestContext): SqlScope {
    return new SqlScope(ctx, this.policy, this.views);
  }
}
