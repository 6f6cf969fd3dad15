import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { NotAuthenticated } from '../errors/index.js';

/** Who acts. `roles` are role names; `name` is for audit and display. */
export interface Principal {
  kind: 'user' | 'token' | 'system';
  userId: string | null;
  roles: string[];
  tokenId?: string;
  name: string;
}

/** First argument of every service: who, in which request, from where and why. */
export interface RequestContext {
  requestId: string;
  principal: Principal;
  /** Address of the caller, seen through trusted proxies only; null for jobs and the command line. */
  ip: string | null;
  /** What it came through when not the API: an import, a job, a remote edit. */
  origin?: string;
  /** Given by the person for what needs one (policy approval, erasure). */
  reason?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Filled by the auth guard of src/access; absent on public routes. */
    principal?: Principal;
  }
}

/**
 * The request's context without asserting that somebody is signed in: for guards, which put the principal
 * there with {@link setPrincipal}. `request.id` is the id that every log line and problem carries.
 */
export function setPrincipal(request: FastifyRequest, principal: Principal): void {
  request.principal = principal;
}

/** @throws NotAuthenticated when no guard has put a principal on the request: routes are closed by default. */
export function contextOf(request: FastifyRequest): RequestContext {
  const { principal } = request;
  if (!principal) throw new NotAuthenticated();
  return { requestId: request.id, principal, ip: request.ip };
}

/** For work that no person asked for: migrations, reconcilers, imports from the command line. */
export function systemContext(name: string, requestId: string, origin?: string): RequestContext {
  const principal: Principal = { kind: 'system', userId: null, roles: [], name };
  return { requestId, principal, ip: null, ...(origin === undefined ? {} : { origin }) };
}

/** Controller parameter: `list(@Ctx() ctx: RequestContext)`. 401 when nobody is signed in. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
