import type { ReplicaLag, ReplicaLags } from './replica-lags-api.js';

/** No chart ends lower, or a second would look like an outage. */
const smallestTopMs = 60_000;
const marksMs = [10_000, 60_000, 600_000, 3_600_000, 86_400_000, 604_800_000];

/**
 * Seconds and days on one scale, the same for all replicas: each mark is about as far from the next, so that a replica
 * that is a day behind does not flatten the others.
 */
export interface LagScale {
  /** 0 at the bottom, 1 at the top */
  height: (lagMs: number) => number;
  marks: { lagMs: number; height: number }[];
}

export function lagScale(replicas: readonly ReplicaLag[]): LagScale {
  const top = Math.max(smallestTopMs, ...replicas.map(worstOf));
  const height = (lagMs: number) => Math.log10(1 + lagMs / 1000) / Math.log10(1 + top / 1000);
  return {
    height,
    marks: marksMs.filter((lagMs) => lagMs <= top).map((lagMs) => ({ lagMs, height: height(lagMs) })),
  };
}

export const worstOf = ({ points }: ReplicaLag): number => Math.max(0, ...points.map(({ lagMs }) => lagMs));

export const worstPointOf = ({ points }: ReplicaLag): ReplicaLag['points'][number] | undefined =>
  points.reduce<ReplicaLag['points'][number] | undefined>(
    (worst, point) => (worst === undefined || point.lagMs > worst.lagMs ? point : worst),
    undefined,
  );

/** The outline of a line in a box of 100 by 100, broken where nobody looked. */
export function linePath(
  { points }: ReplicaLag,
  { from, stepMs, steps }: Pick<ReplicaLags, 'from' | 'stepMs' | 'steps'>,
  { height }: LagScale,
): string {
  const start = Date.parse(from);
  let last = Number.NEGATIVE_INFINITY;
  return points
    .map(({ at, lagMs }) => {
      const step = Math.round((Date.parse(at) - start) / stepMs);
      const place = `${((step / Math.max(1, steps - 1)) * 100).toFixed(2)} ${(100 - height(lagMs) * 100).toFixed(2)}`;
      const isJoined = step === last + 1;
      last = step;
      // a step alone between two gaps is a dot
      return isJoined ? `L${place}` : `M${place}h0.01`;
    })
    .join('');
}
