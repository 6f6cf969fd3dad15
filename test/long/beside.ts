import { setTimeout as sleep } from 'node:timers/promises';

export interface Beside {
  /** after the look in hand; throws what a look threw */
  stop(): Promise<void>;
}

/** Does something again and again beside what the test does, until it is stopped. */
export function beside(everyMs: number, look: () => Promise<void>): Beside {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await sleep(everyMs);
    }
  })();
  running.catch(() => undefined); // `stop` tells of it
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
