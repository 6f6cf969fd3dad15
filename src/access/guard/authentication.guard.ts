import { Inject, Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { NotAllowed, NotAuthenticated, ReadOnlyReplica } from '../../platform/errors/index.js';
import { IS_PUBLIC, setPrincipal, type Principal } from '../../platform/http/index.js';
import { PasswordChangeRequired, ScopeMissing } from '../access.errors.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access.options.js';
import type { Identity } from '../identity/identity.js';
import { IdentityStore } from '../identity/identity.store.js';
import type { RoleFlag } from '../roles/role.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import { OPEN_BEFORE_PASSWORD_CHANGE, PRIMARY_ONLY, REQUIRED_FLAG, WORKS_ON_REPLICA } from './decorators.js';
import { isSafeMethod, refuseOtherSites, requireCsrfToken } from './same-site.js';

const bearerPattern = /^Bearer (hft_[A-Za-z0-9_-]{43})$/i;

/** Nobody in particular: no user, no role, and so no right to anything. Public routes need it for the audit. */
const anonymous: Principal = Object.freeze({ kind: 'user', userId: null, roles: [], name: 'anonymous' });

interface RouteFacts {
  readonly isPublic: boolean;
  readonly worksOnReplica: boolean;
  readonly isPrimaryOnly: boolean;
  readonly isOpenBeforePasswordChange: boolean;
  readonly requiredFlag: RoleFlag | undefined;
}

/** Closes every route that is not declared @Public() and says who is asking. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  // by controller too: an inherited handler is the same function in each
  private readonly facts = new WeakMap<object, Map<Type, RouteFacts>>();

  constructor(
    private readonly reflector: Reflector,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
    private readonly identities: IdentityStore,
    private readonly cookie: SessionCookie,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const facts = this.factsOf(execution);
    const isWrite = !isSafeMethod(request.method) && !facts.isPublic && !facts.worksOnReplica;
    // Before anything about rights: whoever asks, the answer is that this is the wrong server for it.
    if (this.options.role === 'replica' && (isWrite || facts.isPrimaryOnly)) throw new ReadOnlyReplica();
    if (facts.isPublic) {
      setPrincipal(request, anonymous, { origin: 'web' });
      return true;
    }
    const identity = await this.identify(request);
    if (identity.mustChangePassword && !facts.isOpenBeforePasswordChange) throw new PasswordChangeRequired();
    requireRights(identity, request.method, facts.requiredFlag);
    setPrincipal(request, identity.principal, { origin: identity.session ? 'web' : 'api' });
    return true;
  }

  /** What is declared on the route; the same for every request to it. */
  private factsOf(execution: ExecutionContext): RouteFacts {
    const [handler, controller] = [execution.getHandler(), execution.getClass()];
    const ofHandler = this.facts.get(handler) ?? new Map<Type, RouteFacts>();
    const known = ofHandler.get(controller);
    if (known) return known;
    const fact = (key: string): unknown =>
      this.reflector.getAllAndOverride<unknown>(key, [handler, controller]);
    const facts = {
      isPublic: Boolean(fact(IS_PUBLIC)),
      worksOnReplica: Boolean(fact(WORKS_ON_REPLICA)),
      isPrimaryOnly: Boolean(fact(PRIMARY_ONLY)),
      isOpenBeforePasswordChange: Boolean(fact(OPEN_BEFORE_PASSWORD_CHANGE)),
      requiredFlag: fact(REQUIRED_FLAG) as RoleFlag | undefined,
    };
    this.facts.set(handler, ofHandler.set(controller, facts));
    return facts;
  }

  /** A header wins over a cookie: a script that sends a token must not act as whoever left a cookie there. */
  private async identify(request: FastifyRequest): Promise<Identity> {
    const { authorization } = request.headers;
    const identity =
      authorization === undefined
        ? await this.bySession(request)
        : await this.byToken(authorization, request.ip);
    if (!identity) throw new NotAuthenticated();
    return identity;
  }

  private async byToken(authorization: string, address: string): Promise<Identity | null> {
    const token = bearerPattern.exec(authorization)?.[1];
    return token === undefined ? null : this.identities.byToken(token, address);
  }

  private async bySession(request: FastifyRequest): Promise<Identity | null> {
    const secret = this.cookie.read(request);
    const identity = secret === null ? null : await this.identities.bySession(secret);
    if (identity?.session && !isSafeMethod(request.method)) {
      refuseOtherSites(request, this.options.publicUrl);
      requireCsrfToken(request, identity.session.csrfToken);
    }
    return identity;
  }
}

function requireRights(identity: Identity, method: string, flag: RoleFlag | undefined): void {
  const { permissions } = identity;
  if (flag !== undefined) {
    if (!permissions.has(flag)) throw new NotAllowed();
    return;
  }
  const scope = isSafeMethod(method) ? 'read' : 'write';
  if (!permissions.isInScope(scope)) throw new ScopeMissing(scope);
}
