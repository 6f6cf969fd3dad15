export { createLogger, type Logger, type LoggerOptions } from './create-logger.js';
export { LOGGER, LoggingModule } from './logging.module.js';
export { NestLogger } from './nest-logger.js';
export { currentRequestId, runInRequest } from './request-scope.js';
export { errorCodeOf, isError, safeError, type LoggedError } from './safe-error.js';
