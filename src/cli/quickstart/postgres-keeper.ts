import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../platform/embedded/index.js';
import { CliError } from '../cli.errors.js';
import { Guardian } from './guardian.js';
import type { Home } from './home.js';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** PostgreSQL of one home. When it dies it comes back on its port; the other processes find it by themselves. */
export class PostgresKeeper {
  private current: EmbeddedPostgres | null = null;
  private beginning: Promise<unknown> = Promise.resolve();
  private guardian: Guardian | null = null;
  private isStopping = false;

  constructor(
    private readonly home: Home,
    private readonly report: (text: string) => void,
    private readonly onRestart: () => void,
  ) {}

  get pid(): number | null {
    return this.current?.pid ?? null;
  }

  /** @throws CliError when a stop came first */
  async start(port: number): Promise<EmbeddedPostgres> {
    if (this.isStopping) throw new CliError('Stopped before PostgreSQL was started.');
    this.guardian ??= new Guardian(this.home.postgresFolder);
    return this.begin(port);
  }

  /** Tells who uses PostgreSQL, for the case that nobody is left here to stop it. */
  usedBy(pids: readonly number[]): void {
    this.guardian?.watch(pids);
  }

  /** Also while it is being started: a stop must not leave behind what has just begun. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.beginning.catch(() => undefined);
    await this.current?.stop();
    await this.guardian?.dismiss();
  }

  private async begin(port: number): Promise<EmbeddedPostgres> {
    const starting = startEmbeddedPostgres({ dataFolder: this.home.postgresFolder, port });
    this.beginning = starting.then((postgres) => {
      this.current = postgres;
    });
    await this.beginning;
    const postgres = await starting;
    void postgres.exited.then(() => this.beginAgain(port));
    return postgres;
  }

  private async beginAgain(port: number): Promise<void> {
    for (let pauseMs = firstPauseMs; !this.isStopping; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      this.report('PostgreSQL ended; starting it again.');
      try {
        await this.begin(port);
        this.onRestart();
        return;
      } catch (error) {
        this.report(`PostgreSQL does not start: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(pauseMs, undefined, { ref: false });
      }
    }
  }
}
