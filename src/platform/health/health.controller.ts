import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { timingSafeEqual, createHash } from 'node:crypto';
import { AppConfig } from '../config/index.js';
import { NotFound } from '../errors/index.js';
import { metrics } from '../metrics/index.js';
import { HealthRegistry, type ReadinessReport } from './health-registry.js';
import { Public } from '../http/index.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthRegistry,
    private readonly config: AppConfig,
  ) {}

  /** Alive: asks nothing else, so that a database outage does not make an orchestrator restart every server. */
  @Get('healthz')
  @Header('cache-control', 'no-store')
  alive(): { status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessReport> {
    const report = await this.health.readiness();
    void reply.header('cache-control', 'no-store').code(report.status === 'ready' ? 200 : 503);
    return report;
  }

  @Get('metrics')
  async prometheus(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    // Not 401 or 403: to everybody else there is nothing here.
    if (!this.mayReadMetrics(request)) throw new NotFound();
    void reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
    return metrics.metrics();
  }

  private mayReadMetrics(request: FastifyRequest): boolean {
    const { enabled, token } = this.config.metrics;
    if (!enabled) return false;
    if (token === null) return LOOPBACK.has(request.ip);
    return timingSafeEqual(sha256(request.headers.authorization ?? ''), sha256(`Bearer ${token}`));
  }
}
