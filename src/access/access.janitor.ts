// Sessions that ended and attempts that are forgotten mean nothing to any check; removing them keeps tables small.
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, safeError, type Logger } from '../platform/logging/index.js';
import { SessionStore } from './sessions/session.store.js';
import { SignInLimiter } from './sign-in/sign-in-limiter.js';

const everyMs = 10 * 60_000;

@Injectable()
export class AccessJanitor implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: SessionStore,
    private readonly limiter: SignInLimiter,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), everyMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async sweep(): Promise<void> {
    try {
      await this.sessions.removeEnded();
      await this.limiter.forgetOld();
    } catch (error) {
      // the next round tries again
      this.log.warn({ event: 'access.sweep_failed', error: safeError(error) });
    }
  }
}
