export {
  DomainError,
  type DomainErrorOptions,
  type ErrorLogLevel,
  type FieldProblem,
} from './domain-error.js';
export {
  Conflict,
  InvalidInput,
  NotAllowed,
  NotAuthenticated,
  NotFound,
  ReadOnlyReplica,
  StaleVersion,
  TooLarge,
  TooManyRequests,
  Unavailable,
  VersionRequired,
} from './common.errors.js';
export { problemOf, type ProblemDocument } from './problem.js';
