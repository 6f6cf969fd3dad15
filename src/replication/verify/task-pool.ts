/**
 * A few tasks at a time. The first failure comes out at the next `add` or at `end`; nothing is started after it.
 */
export class TaskPool {
  private readonly running = new Set<Promise<void>>();
  private failure: { error: unknown } | null = null;

  constructor(private readonly width: number) {}

  /** Resolves when there is room for another one. */
  async add(task: () => Promise<void>): Promise<void> {
    this.rethrow();
    const run: Promise<void> = task()
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.running.delete(run));
    this.running.add(run);
    while (this.running.size >= this.width) await Promise.race(this.running);
    this.rethrow();
  }

  async end(): Promise<void> {
    await this.settle();
    this.rethrow();
  }

  /** Waits for what runs and says nothing of how it ended, for who has failed already. */
  async settle(): Promise<void> {
    while (this.running.size > 0) await Promise.race(this.running);
  }

  private rethrow(): void {
    if (this.failure !== null) throw this.failure.error;
  }
}

/** Results in the order of the source, while the work on the next `width` is under way. */
export async function* ahead<T, R>(
  source: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  for await (const item of source) {
    const result = work(item);
    // whoever takes the result gets the failure; until then it is nobody's fault
    result.catch(() => undefined);
    started.push(result);
    const first = started.length > width ? started.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const result of started) yield await result;
}
