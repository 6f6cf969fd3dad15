import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { NotAllowed, NotFound } from '../../platform/errors/index.js';
import { ACCESS_POLICY, type AccessPolicy, type RequestContext } from '../../records/index.js';

export interface ListedReceipt {
  generation: number;
  reason: string;
  madeAt: string;
  sequence: number;
  isFinal: boolean;
  /** how many erasures it answers */
  erasures: number;
}

/** Signed receipts of what left the bucket, as the connector wrote them. */
@Injectable()
export class ReceiptsService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /** Newest first. @param before a generation; null for the first page */
  list(ctx: RequestContext, page: { before: number | null; limit: number }): Promise<ListedReceipt[]> {
    this.assertMayRead(ctx);
    return query<ListedReceipt>(
      this.dataSource,
      `SELECT r.generation, g.reason, r.sequence, r.is_final AS "isFinal",
         to_char(r.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "madeAt",
         (SELECT count(*) FROM replication.erasure e JOIN replication.generation_request q ON q.id = e.request_id
           WHERE q.generation <= r.generation AND q.generation > coalesce((SELECT max(o.generation)
             FROM replication.receipt o WHERE o.generation < r.generation), 0))::int AS erasures
       FROM replication.receipt r JOIN replication.generation g ON g.id = r.generation
       WHERE $1::int IS NULL OR r.generation < $1 ORDER BY r.generation DESC LIMIT $2`,
      [page.before, page.limit],
    );
  }

  /** @throws NotFound */
  async envelope(ctx: RequestContext, generation: number): Promise<Buffer> {
    this.assertMayRead(ctx);
    const [row] = await query<{ object: Buffer }>(
      this.dataSource,
      'SELECT object FROM replication.receipt WHERE generation = $1',
      [generation],
    );
    if (row === undefined)
      throw new NotFound({ detail: `There is no receipt of generation ${String(generation)}.` });
    return row.object;
  }

  private assertMayRead(ctx: RequestContext): void {
    if (!this.access.hasFlag(ctx, 'manageCloud'))
      throw new NotAllowed({ detail: 'Your roles do not let you read receipts.' });
  }
}
