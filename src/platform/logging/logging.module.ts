import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from './create-logger.js';

/** `constructor(@Inject(LOGGER) private readonly log: Logger)` */
export const LOGGER = Symbol('LOGGER');

@Module({})
export class LoggingModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }],
      exports: [LOGGER],
    };
  }
}
