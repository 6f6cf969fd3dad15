import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { NotAuthenticated } from '../errors/index.js';

/** Who acts. `system` is the server itself (seeding, jobs); it may do everything and has no user. */
export interface Principal {
  readonly kind: 'user' | 'token' | 'system';
  readonly userId: string | null;
  readonly roles: readonly string[];
  readonly tokenId?: string;
  /** shown in the audit, never used to decide anything */
  readonly name: string;
}

/** Goes first into every service call: who asks, in which request, from where and why. */
export interface RequestContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** Seen through trusted proxies only; null for jobs and the command line. */
  readonly ip: string | null;
  /** what brought the request: `web`, `api`, `import`, `replica <name>` */
  readonly origin?: string;
  readonly reason?: string;
}

export interface RequestWithContext {
  holdfastContext?: RequestContext;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Filled by the sign-in guard of src/access through `setPrincipal`; absent on public routes. */
    holdfastContext?: RequestContext;
  }
}

/**
 * For the sign-in guard: from here on the request acts as `principal`. Its id is the one that every log line and
 * problem document carries, its address the one that trusted proxies vouch for.
 */
export function setPrincipal(
  request: FastifyRequest,
  principal: Principal,
  more: Pick<RequestContext, 'origin' | 'reason'> = {},
): RequestContext {
  const context: RequestContext = { ...more, requestId: request.id, principal, ip: request.ip };
  request.holdfastContext = context;
  return context;
}

/** @throws NotAuthenticated when no guard has put anybody on the request: routes are closed by default. */
export function contextOf(request: RequestWithContext): RequestContext {
  if (!request.holdfastContext) throw new NotAuthenticated();
  return request.holdfastContext;
}

/** Controller parameter: `list(@Ctx() ctx: RequestContext)`, the context that the sign-in guard made. */
export const Ctx = createParamDecorator((_data: unknown, host: ExecutionContext): RequestContext =>
  contextOf(host.switchToHttp().getRequest<RequestWithContext>()),
);

/** The server acting on its own behalf. */
export function systemContext(name: string, requestId = name): RequestContext {
  return {
    requestId,
    principal: { kind: 'system', userId: null, roles: [], name },
    ip: null,
    origin: 'system',
  };
}
