import { setTimeout as sleep } from 'node:timers/promises';
import {
  EmbeddedPostgresFailed,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../platform/embedded/index.js';
import { CliError } from '../cli.errors.js';
import { Guardian } from './guardian.js';
import type { Home } from './home.js';
import { freePort } from './ports.js';

const firstPauseMs = 500;
const longestPauseMs = 10_000;
const maxPorts = 10;

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

  /**
   * @param wanted port; making the cluster takes seconds, in which another start may take the port: then the next one
   * @throws CliError when a stop came first
   */
  async start(wanted: number): Promise<EmbeddedPostgres> {
    if (this.isStopping) throw new CliError('Stopped before PostgreSQL was started.');
    this.guardian ??= new Guardian(this.home.postgresFolder);
    for (let port = wanted, attempt = 1; ; attempt++) {
      try {
        return await this.begin(port);
      } catch (error) {
        if (!isPortTaken(error) || attempt === maxPorts || this.mustStop()) throw error;
        port = await freePort(port + 1);
        this.report(`Port ${wanted} is taken meanwhile; PostgreSQL uses ${port}.`);
      }
    }
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

  /** asked anew: a stop may have come while something was awaited */
  private mustStop(): boolean {
    return this.isStopping;
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

function isPortTaken(error: unknown): boolean {
  return error instanceof EmbeddedPostgresFailed && error.log.includes('could not bind');
}
