import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';

export interface ChildOptions {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** also when it was started again */
  readonly onStart: () => void;
  readonly onExit: (name: string, code: number | null, signal: NodeJS.Signals | null) => void;
}

const stopTimeoutMs = 20_000;
const maxRestartDelayMs = 10_000;

/** One process of the product. It is started again when it dies, and asked to drain before it is killed. */
export class ManagedProcess {
  private child: ChildProcess | null = null;
  private log: WriteStream | null = null;
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
    this.log ??= createWriteStream(this.options.logFile, { flags: 'a', mode: 0o600 });
    // The IPC channel tells the child when this process is gone, however it went: it then drains and stops.
    const child = spawn(process.execPath, [this.options.script, ...this.options.args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.child = child;
    this.options.onStart();
    child.stdout?.pipe(this.log, { end: false });
    child.stderr?.pipe(this.log, { end: false });
    child.once('exit', (code, signal) => {
      this.child = null;
      if (this.isStopping) return;
      this.options.onExit(this.name, code, signal);
      if (Date.now() - begun > 30_000) this.restartDelayMs = 250;
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
    this.log?.end();
  }
}
