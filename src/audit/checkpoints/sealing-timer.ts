// Sealing does not hang on the queue: what proves the audit must not stop with something that may be lost.
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LOGGER, safeError, type Logger } from '../../platform/logging/index.js';
import { AuditSealer, SEALING_OPTIONS, type SealingOptions } from './audit-sealer.service.js';
import { sealedTime } from './seal.metrics.js';

const everyMs = 60_000;

@Injectable()
export class SealingTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(
    private readonly sealer: AuditSealer,
    @Inject(SEALING_OPTIONS) private readonly options: SealingOptions,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    sealedTime.set({ origin: this.options.origin }, Date.now() / 1000);
    this.timer = setInterval(() => void this.run(), everyMs).unref();
    void this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private run(): Promise<void> {
    this.running ??= this.seal().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async seal(): Promise<void> {
    try {
      const entries = await this.sealer.seal(this.stopping.signal);
      if (entries > 0) this.log.debug({ event: 'audit.sealed', entries });
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      // the next round tries again; an alert tells when none succeeds
      this.log.error({ event: 'audit.not-sealed', error: safeError(error) });
    }
  }
}
