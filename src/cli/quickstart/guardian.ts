import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the guardian is told while it waits. */
export interface GuardianOrders {
  /** processes that use PostgreSQL and drain by themselves */
  readonly pids: readonly number[];
}

/**
 * Stops PostgreSQL when this process cannot do it any more: after a kill -9 the other processes notice and drain, but
 * PostgreSQL would run on for ever. See guardian-process.ts for the other side.
 */
export class Guardian {
  private readonly child: ChildProcess;

  /** @param dataFolder of PostgreSQL */
  constructor(dataFolder: string) {
    const script = join(dirname(fileURLToPath(import.meta.url)), 'guardian-process.js');
    this.child = fork(script, [dataFolder], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true });
    this.child.on('error', () => undefined); // without a guardian the next start clears up
    this.child.channel?.unref();
    this.child.unref();
  }

  watch(pids: readonly number[]): void {
    const orders: GuardianOrders = { pids };
    if (this.child.connected) this.child.send(orders);
  }

  /** Called when PostgreSQL has stopped: nothing is left to guard. */
  async dismiss(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.ref();
    if (this.child.connected) this.child.disconnect();
    await gone;
  }
}
