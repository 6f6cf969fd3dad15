import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

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
  readonly ip: string | null;
  /** what brought the request: `web`, `api`, `import`, `replica <name>` */
  readonly origin?: string;
  readonly reason?: string;
}

/** The property of the Fastify request in which the sign-in guard leaves the context. */
export const contextProperty = 'holdfastContext';

export interface RequestWithContext {
  holdfastContext?: RequestContext;
}

/** Controller parameter: the context that the sign-in guard made for this request. */
export const Ctx = createParamDecorator((_data: unknown, host: ExecutionContext): RequestContext => {
  const context = host.switchToHttp().getRequest<RequestWithContext>().holdfastContext;
  if (!context) throw new TypeError('no request context: is the sign-in guard installed?');
  return context;
});

/** The server acting on its own behalf. */
export function systemContext(name: string, requestId = name): RequestContext {
  return {
    requestId,
    principal: { kind: 'system', userId: null, roles: [], name },
    ip: null,
    origin: 'system',
  };
}
