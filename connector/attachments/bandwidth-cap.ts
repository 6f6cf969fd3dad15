import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Bytes per second over all uploads of this process. Whoever takes more than is there goes into debt and the next one
 * waits it off, so the average keeps to the cap while a part is still sent in one go.
 */
export class BandwidthCap {
  private credit: number;
  private at: number;
  private turn: Promise<void> = Promise.resolve();

  /** @param bytesPerSecond null: no cap */
  constructor(
    private readonly bytesPerSecond: number | null,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.credit = 0;
    this.at = this.now();
  }

  /** Resolves when so many bytes may be sent; in the order of the calls. */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.bytesPerSecond === null) return Promise.resolve();
    const { bytesPerSecond } = this;
    const taken = this.turn.then(() => this.wait(bytes, bytesPerSecond, signal));
    this.turn = taken.catch(() => undefined); // one that gave up does not hold up the others
    return taken;
  }

  private async wait(bytes: number, bytesPerSecond: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.refill(bytesPerSecond);
    if (this.credit < 0) {
      await sleep(Math.ceil((-this.credit / bytesPerSecond) * 1000), undefined, { signal });
      this.refill(bytesPerSecond);
    }
    this.credit -= bytes;
  }

  /** What was not used is kept for one second at most: a quiet night must not end in a flood. */
  private refill(bytesPerSecond: number): void {
    const now = this.now();
    this.credit = Math.min(bytesPerSecond, this.credit + ((now - this.at) / 1000) * bytesPerSecond);
    this.at = now;
  }
}
