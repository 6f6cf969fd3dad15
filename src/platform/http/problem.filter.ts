import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, type DomainError } from '../errors/index.js';
import { safeError, type Logger } from '../logging/index.js';
import { domainErrorOf } from './problem-of-any.js';

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.log);
  }
}

export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): void {
  const error = domainErrorOf(thrown);
  logProblem(error, request, log);
  // The answer has begun (a stream broke): all that is left is to cut it off, so that it is not taken for whole.
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  // An upload that is not read to its end would be taken for the next request of this connection.
  const isCutOff = request.routeOptions.config.bodyKind !== undefined && !request.raw.complete;
  if (isCutOff || error.httpStatus === 413 || error.httpStatus === 408)
    void reply.header('connection', 'close');
  void reply
    .code(error.httpStatus)
    .headers({ 'cache-control': 'no-store', ...error.headers })
    .type('application/problem+json; charset=utf-8')
    .serializer((body) => JSON.stringify(body))
    .send(problemOf(error, request.id));
}

function logProblem(error: DomainError, request: FastifyRequest, log: Logger): void {
  const cause = error.httpStatus >= 500 ? { err: safeError(error.cause ?? error) } : {};
  const paths = error.errors?.map(({ path }) => path.slice(0, 100));
  log[error.logLevel]({
    event: 'http.problem',
    requestId: request.id,
    code: error.code,
    status: error.httpStatus,
    ...(paths ? { paths: paths.slice(0, 20) } : {}),
    ...cause,
  });
}
