import type { OpenSnapshot } from './snapshot-reader.js';

/** Points that a batch passes, in this order; after each, a crash must leave something that can be resumed. */
export type LaneStep =
  | 'chunk-recorded'
  | 'sealed'
  | 'recorded'
  | 'part-uploaded'
  | 'manifest-ready'
  | 'manifest-put'
  | 'published';

export interface BatchName {
  generation: number;
  n: number;
}

/** Whoever wants to follow the lane: the log, the metrics, and the tests that end it at each step. */
export interface LaneListener {
  onStep?(step: LaneStep, batch: BatchName): void | Promise<void>;
  /** while the snapshot of a delta is open, after its keys were collected */
  onSnapshot?(open: OpenSnapshot, batch: BatchName): void | Promise<void>;
}

export class LaneEvents {
  constructor(private readonly listeners: readonly LaneListener[] = []) {}

  async reach(step: LaneStep, { generation, n }: BatchName): Promise<void> {
    for (const listener of this.listeners) await listener.onStep?.(step, { generation, n });
  }

  async openSnapshot(open: OpenSnapshot, { generation, n }: BatchName): Promise<void> {
    for (const listener of this.listeners) await listener.onSnapshot?.(open, { generation, n });
  }
}
