import { createServer, type Server } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { AppConfig } from '../config/index.js';
import { problemOf, Unavailable } from '../errors/index.js';
import type { ReadinessReport } from '../health/index.js';

/** Stands in for the server while it cannot start: alive, not ready, and telling why. */
export class NotReadyServer {
  private server: Server | null = null;
  private readonly since = new Map<string, string>();
  private report: ReadinessReport = { status: 'unavailable', checks: {} };

  constructor(private readonly config: AppConfig) {}

  /** @param failures code of what is wrong, by the name of the check; null for what works */
  async show(failures: Readonly<Record<string, string | null>>): Promise<void> {
    const checks = Object.entries(failures).map(([name, lastError]) => {
      const status = lastError === null ? ('up' as const) : ('down' as const);
      const since = this.since.get(`${name} ${status}`) ?? new Date().toISOString();
      this.since.set(`${name} ${status}`, since);
      return [name, { status, required: true, since, ...(lastError === null ? {} : { lastError }) }] as const;
    });
    this.report = { status: 'unavailable', checks: Object.fromEntries(checks) };
    if (!this.server) await this.open();
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async open(): Promise<void> {
    const { host, port, limits } = this.config.http;
    const settings = { requestTimeout: limits.requestTimeoutMs, headersTimeout: limits.headersTimeoutMs };
    const server = createServer({ ...settings, maxHeaderSize: limits.headerBytes }, (request, response) => {
      const [status, type, body] = this.answer(request.url ?? '');
      response.writeHead(status, {
        'content-type': type,
        'cache-control': 'no-store',
        'retry-after': '5',
        connection: 'close',
      });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    this.server = server;
  }

  private answer(url: string): [number, string, object] {
    if (url === '/healthz') return [200, 'application/json', { status: 'alive' }];
    if (url === '/readyz') return [503, 'application/json', this.report];
    return [503, 'application/problem+json', problemOf(new Unavailable('starting'), randomUUID())];
  }
}
