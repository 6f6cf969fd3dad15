import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { NotAllowed, NotFound } from '../../platform/errors/index.js';
import { ACCESS_POLICY, type AccessPolicy, type RequestContext } from '../../records/index.js';

export interface PublishedObject {
  name: string;
  bytes: number;
  sha256: string;
}

/** One batch that left, as it was told to the bucket. */
export interface PublishedBatch {
  generation: number;
  n: number;
  kind: 'snapshot' | 'delta';
  policyVersion: number;
  asOf: string;
  publishedAt: string;
  /** SHA-256 of the manifest object */
  manifest: string;
  bytes: number;
  types: { type: string; upserts: number; deletes: number }[];
  objects: number;
}

/** Where and when something was published; null times: longer ago than batches are kept. */
export interface PublicationPlace {
  generation: number;
  n: number;
  publishedAt: string | null;
  policyVersion: number | null;
}

/** What is known of one record. */
export interface RecordPublication {
  type: string;
  id: string;
  /** whether the cloud copy holds it now */
  isPublished: boolean;
  first: PublicationPlace | null;
  last: PublicationPlace | null;
  /** when it left the cloud copy, where it did */
  withdrawn: PublicationPlace | null;
  /** the columns that it left with, the last time */
  columns: string[];
  treatments: { field: string; as: string }[];
}

export interface PublicationFilter {
  type?: string | undefined;
  /** a moment; only what was published from then on */
  since?: Date | undefined;
  /** and before this one */
  until?: Date | undefined;
  /** place of the last batch of the page before, `generation/n` */
  before?: { generation: number; n: number } | undefined;
  limit: number;
}

const time = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const LIST = `
  SELECT b.generation, b.n, b.kind, b.policy_version AS "policyVersion", ${time('b.as_of')} AS "asOf",
    ${time('b.published_at')} AS "publishedAt", b.manifest, b.bytes::float8 AS bytes, b.types,
    jsonb_array_length(b.objects) AS objects
  FROM replication.published_batch b
  WHERE ($1::text IS NULL OR b.types @> jsonb_build_array(jsonb_build_object('type', $1::text)))
    AND ($2::timestamptz IS NULL OR b.published_at >= $2) AND ($3::timestamptz IS NULL OR b.published_at < $3)
    AND ($4::int IS NULL OR b.place < ($4::bigint << 32 | $5::int))
  ORDER BY b.place DESC LIMIT $6`;

/** The ledger knows the present, `publication` what was before; the older of both is the first time. */
const RECORD = `
  WITH live AS (SELECT id, (ledger_since::bigint << 32 | 1) AS base FROM replication.generation
    WHERE state IN ('building', 'live')),
  now AS (SELECT coalesce(l.first_place, live.base) AS first_place, coalesce(l.last_place, live.base) AS last_place
    FROM replication.ledger l, live WHERE l.type = $1 AND l.id = $2),
  old AS (SELECT p.first_place, p.last_place, coalesce(p.withdrawn_place, live.base) AS withdrawn_place
    FROM replication.publication p LEFT JOIN live ON true WHERE p.type = $1 AND p.id = $2)
  SELECT EXISTS (SELECT 1 FROM now) AS is_published,
    least((SELECT first_place FROM now), (SELECT first_place FROM old)) AS first,
    greatest((SELECT last_place FROM now), (SELECT last_place FROM old)) AS last,
    CASE WHEN EXISTS (SELECT 1 FROM now) THEN NULL ELSE (SELECT withdrawn_place FROM old) END AS withdrawn`;

/** The account of what left, for those who answer for it. */
@Injectable()
export class PublicationsService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /** Newest first. */
  list(ctx: RequestContext, filter: PublicationFilter): Promise<PublishedBatch[]> {
    this.assertMayRead(ctx);
    const { type, since, until, before, limit } = filter;
    return query<PublishedBatch>(this.dataSource, LIST, [
      ...[type ?? null, since ?? null, until ?? null, before?.generation ?? null, before?.n ?? null, limit],
    ]);
  }

  /** @throws NotFound */
  async objects(
    ctx: RequestContext,
    place: { generation: number; n: number },
    page: { offset: number; limit: number },
  ): Promise<PublishedObject[]> {
    this.assertMayRead(ctx);
    const [batch] = await query<{ objects: PublishedObject[] }>(
      this.dataSource,
      `SELECT (SELECT coalesce(jsonb_agg(o.value ORDER BY o.ordinality), '[]') FROM (
         SELECT * FROM jsonb_array_elements(b.objects) WITH ORDINALITY OFFSET $3 LIMIT $4) o) AS objects
       FROM replication.published_batch b WHERE b.generation = $1 AND b.n = $2
         AND b.place = ($1::bigint << 32 | $2::int)`,
      [place.generation, place.n, page.offset, page.limit],
    );
    if (batch === undefined) throw new NotFound({ detail: 'No such batch was published.' });
    return batch.objects;
  }

  /** Also of a record that is gone, or was never published: then its places are null. */
  async record(ctx: RequestContext, type: string, id: string): Promise<RecordPublication> {
    this.assertMayRead(ctx);
    const [row] = await query<{
      is_published: boolean;
      first: string | null;
      last: string | null;
      withdrawn: string | null;
    }>(this.dataSource, RECORD, [type, id]);
    const last = await this.place(row?.last ?? null);
    const fields = await this.fields(type, last?.policyVersion ?? null);
    return {
      ...{ type, id, isPublished: row?.is_published ?? false },
      first: await this.place(row?.first ?? null),
      last,
      withdrawn: await this.place(row?.withdrawn ?? null),
      ...fields,
    };
  }

  private async place(place: string | null): Promise<PublicationPlace | null> {
    if (place === null) return null;
    const [row] = await query<PublicationPlace>(
      this.dataSource,
      `SELECT ($1::bigint >> 32)::int AS generation, ($1::bigint & 4294967295)::int AS n,
         ${time('b.published_at')} AS "publishedAt", coalesce(b.policy_version, g.policy_version) AS "policyVersion"
       FROM (SELECT 1) one LEFT JOIN replication.published_batch b ON b.place = $1::bigint
       LEFT JOIN replication.generation g ON g.id = ($1::bigint >> 32)::int`,
      [place],
    );
    return row ?? null;
  }

  private async fields(
    type: string,
    policyVersion: number | null,
  ): Promise<Pick<RecordPublication, 'columns' | 'treatments'>> {
    const [row] = await query<{
      columns: { name: string }[];
      treatments: RecordPublication['treatments'] | null;
    }>(
      this.dataSource,
      'SELECT columns, treatments FROM replication.published_fields WHERE policy_version = $1 AND type = $2',
      [policyVersion, type],
    );
    return { columns: (row?.columns ?? []).map(({ name }) => name), treatments: row?.treatments ?? [] };
  }

  private assertMayRead(ctx: RequestContext): void {
    if (!this.access.hasFlag(ctx, 'manageCloud'))
      throw new NotAllowed({ detail: 'Your roles do not let you read what has left.' });
  }
}
