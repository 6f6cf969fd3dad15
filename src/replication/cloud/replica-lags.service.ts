import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';

export const lagWindows = ['hour', 'day', 'week'] as const;
export type LagWindow = (typeof lagWindows)[number];

export interface ReplicaLag {
  readonly name: string;
  /** the oldest first; a step in which nobody looked is missing */
  readonly points: readonly { readonly at: string; readonly lagMs: number }[];
}

/** Lags over a window that is cut into equal steps; the last one is under way. */
export interface ReplicaLags {
  readonly from: string;
  readonly stepMs: number;
  readonly steps: number;
  readonly data: readonly ReplicaLag[];
}

const minuteMs = 60_000;
/** As many steps as a small chart can show. */
const stepsOf: Readonly<Record<LagWindow, { stepMs: number; steps: number }>> = {
  hour: { stepMs: minuteMs, steps: 60 },
  day: { stepMs: 15 * minuteMs, steps: 96 },
  week: { stepMs: 120 * minuteMs, steps: 84 },
};

const BIN = `date_bin(make_interval(secs => $2::float8 / 1000), l.at, timestamptz 'epoch')`;
const READ = `
  SELECT n.replica AS name, coalesce(p.points, '[]') AS points
  FROM (
    SELECT a.replica FROM replication.replica_ack a
    WHERE a.revoked_at IS NULL AND ($3::text IS NULL OR a.replica > $3) ORDER BY a.replica LIMIT $4) n
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('at', s.at, 'lagMs', s.lag_ms) ORDER BY s.at) AS points
    FROM (
      SELECT ${BIN} AS at, max(l.lag_ms) AS lag_ms FROM replication.replica_lag l
      WHERE l.replica = n.replica AND l.at >= $1 GROUP BY 1) s) p ON true
  ORDER BY n.replica`;

/** How far behind each replica was. */
@Injectable()
export class ReplicaLagsService {
  constructor(private readonly dataSource: DataSource) {}

  /** @param after name of the last replica of the page before */
  async lags(window: LagWindow, after: string | null, limit: number): Promise<ReplicaLags> {
    const { stepMs, steps } = stepsOf[window];
    const [clock] = await query<{ now: Date }>(this.dataSource, 'SELECT now() AS now');
    const now = clock?.now.getTime() ?? Date.now();
    const from = new Date((Math.floor(now / stepMs) - steps + 1) * stepMs);
    const rows = await query<ReplicaLag>(this.dataSource, READ, [from, stepMs, after, limit]);
    const data = rows.map(({ name, points }) => ({
      name,
      points: points.map(({ at, lagMs }) => ({ at: new Date(at).toISOString(), lagMs })),
    }));
    return { from: from.toISOString(), stepMs, steps, data };
  }
}
