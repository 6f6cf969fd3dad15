import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface ChildOptions {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** also when it was started again */
  readonly onStart: () => void;
  readonly onExit: (name: string, code: number | null, signal: NodeJS.Signals | null) => void;
}

/**
 * V8 lets the space of young objects grow to three times 16 MB or more, and the old space with it, before it cleans up:
 * a server that lists records grew to 430 MB. With this it stays below 180, at the same CPU time per request.
 */
export const nodeArguments = ['--max-semi-space-size=8'];

const stopTimeoutMs = 20_000;
const maxRestartDelayMs = 5_000;
/** a process that ran this long was well */
const steadyMs = 15_000;

/** One process of the product. It is started again when it dies, and asked to drain before it is killed. */
export class ManagedProcess {
  private child: ChildProcess | null = null;
  private restart: NodeJS.Timeout | undefined;
  private isStopping = false;
  private restartDelayMs = 250;

  constructor(private readonly options: ChildOptions) {}

  get name(): string {
    return this.options.name;
  }
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): void {
    const begun = Date.now();
    // The file itself and no pipe through this process: what a child says after this process was killed is kept too.
    const log = openSync(this.options.logFile, 'a', 0o600);
    // The IPC channel tells the child when this process is gone, however it went: it then drains and stops.
    const child = spawn(process.execPath, [...nodeArguments, this.options.script, ...this.options.args], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.options.onStart();
    child.once('exit', (code, signal) => {
      this.child = null;
      if (this.isStopping) return;
      this.options.onExit(this.name, code, signal);
      if (Date.now() - begun > steadyMs) this.restartDelayMs = 250;
      // 78 is a wrong configuration: it stays wrong however often it is tried
      if (code !== 78)
        // not unref'ed: when everything dies at once, this timer alone keeps the watching process alive
        this.restart = setTimeout(() => {
          if (!this.isStopping) this.start();
        }, this.restartDelayMs);
      this.restartDelayMs = Math.min(this.restartDelayMs * 2, maxRestartDelayMs);
    });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.restart);
    const child = this.child;
    if (child?.exitCode === null) {
      const gone = new Promise<void>((resolve) =>
        child.once('exit', () => {
          resolve();
        }),
      );
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await gone;
      clearTimeout(killer);
    }
  }
}
