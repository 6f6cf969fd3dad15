import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { errorCodeOf, LOGGER, type Logger } from '../logging/index.js';
import { dependencyUp, timedExternalCall } from '../metrics/index.js';

export interface CheckReport {
  status: 'up' | 'down' | 'unknown';
  required: boolean;
  /** ISO time since when it has been so. */
  since: string;
  /** Of the last failure, however long ago; a code, never a message. */
  lastError?: string;
}

export interface ReadinessReport {
  status: 'ready' | 'unavailable';
  checks: Record<string, CheckReport>;
}

export interface CheckOptions {
  /** A required check that fails makes /readyz answer 503. True unless told. */
  required?: boolean;
  timeoutMs?: number;
}

interface Check extends Required<CheckOptions> {
  run: (signal: AbortSignal) => Promise<unknown>;
  report: CheckReport;
  checkedAt: number;
  running: Promise<void> | null;
}

/** A result is good for so long; more frequent questions do not reach the dependency. */
const FRESH_MS = 1000;
const INTERVAL_MS = 5000;

/**
 * What /readyz tells. Whoever owns a dependency registers a check that resolves while it works:
 * `health.register('database', () => dataSource.query('SELECT 1'))`.
 */
@Injectable()
export class HealthRegistry implements OnApplicationShutdown {
  private readonly checks = new Map<string, Check>();
  private readonly timer: NodeJS.Timeout;

  constructor(@Inject(LOGGER) private readonly log: Logger) {
    this.timer = setInterval(() => void this.readiness(), INTERVAL_MS).unref();
  }

  register(name: string, run: Check['run'], { required = true, timeoutMs = 2000 }: CheckOptions = {}): void {
    const report: CheckReport = { status: 'unknown', required, since: new Date().toISOString() };
    this.checks.set(name, { run, required, timeoutMs, report, checkedAt: 0, running: null });
  }

  async readiness(): Promise<ReadinessReport> {
    await Promise.all([...this.checks].map(([name, check]) => this.refresh(name, check)));
    const reports = [...this.checks].map(([name, check]) => [name, { ...check.report }] as const);
    const isReady = reports.every(([, report]) => !report.required || report.status === 'up');
    return { status: isReady ? 'ready' : 'unavailable', checks: Object.fromEntries(reports) };
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async refresh(name: string, check: Check): Promise<void> {
    if (Date.now() - check.checkedAt < FRESH_MS) return;
    check.running ??= this.look(name, check).finally(() => {
      check.running = null;
      check.checkedAt = Date.now();
    });
    await check.running;
  }

  private async look(name: string, check: Check): Promise<void> {
    try {
      await timedExternalCall(`health.${name}`, check.run, { timeoutMs: check.timeoutMs });
      this.settle(name, check, 'up');
    } catch (error) {
      check.report.lastError = errorCodeOf(error);
      this.settle(name, check, 'down');
    }
  }

  private settle(name: string, check: Check, status: 'up' | 'down'): void {
    dependencyUp.set({ check: name }, status === 'up' ? 1 : 0);
    const before = check.report.status;
    if (before === status) return;
    check.report.status = status;
    check.report.since = new Date().toISOString();
    const line = { event: 'health.changed', check: name, status, lastError: check.report.lastError };
    if (status === 'down') this.log.warn(line);
    else this.log.info(line);
  }
}
