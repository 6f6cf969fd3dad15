/** One thing wrong with the input, at a field's path. */
export interface FieldProblem {
  path: string;
  message: string;
}

/** What the server said no with (RFC 9457). `status` 0 means that no answer came. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldProblem[];
  /** the record as it now stands, where a stale write was refused (412) */
  readonly current: Record<string, unknown> | undefined;
  readonly requestId: string | undefined;
  /** read by ra-core, which expects an HttpError */
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const text = (key: string) => (typeof problem[key] === 'string' ? problem[key] : undefined);
    super(text('detail') ?? text('title') ?? text('code') ?? `HTTP ${String(status)}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = text('code') ?? (status === 0 ? 'unreachable' : 'unknown');
    this.errors = Array.isArray(problem['errors']) ? (problem['errors'] as FieldProblem[]) : [];
    this.current = problem['current'] as Record<string, unknown> | undefined;
    this.requestId = text('requestId');
    this.body = body;
  }
}

export const isProblem = (error: unknown): error is ApiProblem => error instanceof ApiProblem;
