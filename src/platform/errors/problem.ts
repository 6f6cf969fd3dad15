import type { FieldProblem } from './domain-error.js';
import { DomainError } from './domain-error.js';

/** RFC 9457. `type` is a stable URN; `code` is what programs compare. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: readonly FieldProblem[];
  requestId: string;
  [extension: string]: unknown;
}

const titleOf = (code: string): string => {
  const words = code.replaceAll(/[_.]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The document that a caller gets for `error`. */
export function problemOf(error: DomainError, requestId: string): ProblemDocument {
  return {
    ...error.extensions,
    type: `urn:holdfast:problem:${error.code}`,
    title: titleOf(error.code),
    status: error.httpStatus,
    code: error.code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    requestId,
  };
}
