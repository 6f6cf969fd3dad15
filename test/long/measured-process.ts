// A process of the built product whose memory the kernel measures.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeArguments } from '../../src/cli/quickstart/child-process.js';
import { checkout } from '../support/running-system.js';

const LOOK_EVERY_MS = 200;

export class MeasuredProcess {
  private most = 0;
  private readonly looking: NodeJS.Timeout;

  private constructor(
    private readonly child: ChildProcess,
    private readonly logFile: string,
  ) {
    this.looking = setInterval(() => this.look(), LOOK_EVERY_MS);
    child.once('exit', () => clearInterval(this.looking));
  }

  /** @param script of `dist/`; started as `npm start` does it */
  static start(script: string, config: string, logFile: string): MeasuredProcess {
    const log = openSync(logFile, 'a', 0o600);
    const args = [...nodeArguments, join(checkout, 'dist', script), '--config', config];
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: ['ignore', log, log] });
    closeSync(log);
    return new MeasuredProcess(child, logFile);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** MiB that were resident at most, also where it has ended since (VmHWM). */
  get peakMiB(): number {
    this.look();
    return this.most;
  }

  /** What it has logged, an object a line. */
  async log(): Promise<Record<string, unknown>[]> {
    const lines = (await readFile(this.logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @param signal SIGKILL ends it without a word */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.look();
    if (this.hasEnded) return;
    const gone = once(this.child, 'exit');
    const killer = setTimeout(() => this.child.kill('SIGKILL'), 60_000);
    this.child.kill(signal);
    await gone;
    clearTimeout(killer);
  }

  private look(): void {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      const kib = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
      this.most = Math.max(this.most, Math.round(kib / 1024));
    } catch {
      clearInterval(this.looking); // it has ended
    }
  }
}
