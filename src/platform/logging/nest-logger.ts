import type { LoggerService } from '@nestjs/common';
import type { Logger } from './create-logger.js';

type NestLevel = 'info' | 'warn' | 'error' | 'debug' | 'trace' | 'fatal';

/** Nest's own lines ("Mapped {/api…} route") in the shape of all others; its chatter at start goes to debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(level: NestLevel, message: unknown, rest: unknown[]): void {
    const last = rest.at(-1);
    const scope = typeof last === 'string' && !last.includes('\n') ? { scope: last } : {};
    const err = [message, ...rest].find((part) => part instanceof Error);
    const text = typeof message === 'string' ? message : err ? undefined : message;
    this.logger[level]({
      event: 'nest',
      ...scope,
      ...(err ? { err } : {}),
      ...(text === undefined ? {} : { text }),
    });
  }
}
