import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags, ApiResponse } from '@nestjs/swagger';
import { MeDto, SessionDto } from './me.dto.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { withTransaction } from '../../platform/database/index.js';
import { NotAllowed, NotAuthenticated } from '../../platform/errors/index.js';
import { Ctx, Public, type RequestContext } from '../../platform/http/index.js';
import { AccessAudit } from '../access.audit.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access.options.js';
import { OpenBeforePasswordChange, PrimaryOnly, WorksOnReplica } from '../guard/decorators.js';
import { refuseOtherSites } from '../guard/same-site.js';
import { identityOf, type Identity } from '../identity/identity.js';
import { IdentityStore } from '../identity/identity.store.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import { SessionStore } from '../sessions/session.store.js';
import { OwnPasswords } from '../users/own-password.service.js';
import { ChangePasswordBody, ReplicaPasswordBody, SignInBody } from './auth.dto.js';
import { presentMe, type Me } from './me.presenter.js';
import { SignInService } from './sign-in.service.js';

@ApiTags('sign-in')
@Controller('api/v1')
export class AuthController {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
    private readonly signIns: SignInService,
    private readonly passwords: OwnPasswords,
    private readonly identities: IdentityStore,
    private readonly sessions: SessionStore,
    private readonly cookie: SessionCookie,
    private readonly audit: AccessAudit,
  ) {}

  @Public()
  @Post('auth/sign-in')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in with e-mail address and password', operationId: 'signIn' })
  @ApiResponse({ status: 200, type: MeDto })
  async signIn(
    @Ctx() ctx: RequestContext,
    @Body() body: SignInBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Me> {
    refuseOtherSites(request, this.options.publicUrl);
    const secret = await this.signIns.signIn(ctx, {
      email: body.email,
      password: body.password,
      userAgent: request.headers['user-agent'] ?? null,
      previousSecret: this.cookie.read(request),
    });
    const identity = await this.identities.bySession(secret);
    if (!identity) throw new NotAuthenticated();
    this.cookie.set(reply, secret);
    return presentMe(identity, this.options);
  }

  @Post('auth/sign-out')
  @HttpCode(204)
  @WorksOnReplica()
  @OpenBeforePasswordChange()
  @ApiOperation({ summary: 'End this session', operationId: 'signOut' })
  async signOut(@Ctx() ctx: RequestContext, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const { session, person } = known(ctx);
    if (!session) throw new NotAllowed({ detail: 'An API token is revoked, not signed out.' });
    await withTransaction(this.dataSource, async (tx) => {
      await this.sessions.end(tx, session.id);
      await this.audit.append(tx, ctx, 'sign-out', 'user', person?.id ?? null);
    });
    this.cookie.clear(reply);
  }

  /** Public, because the sign-in page asks it: a browser shows every 401 as an error in its console. */
  @Public()
  @Get('auth/session')
  @ApiOperation({ summary: 'Whether this browser is signed in, and who', operationId: 'getSession' })
  @ApiResponse({ status: 200, type: SessionDto })
  async session(@Req() request: FastifyRequest): Promise<{ me: Me | null }> {
    const secret = this.cookie.read(request);
    const identity = secret === null ? null : await this.identities.bySession(secret);
    return { me: identity === null ? null : presentMe(identity, this.options) };
  }

  @Get('me')
  @OpenBeforePasswordChange()
  @ApiOperation({ summary: 'Who one is and what one may do', operationId: 'getMe' })
  @ApiResponse({ status: 200, type: MeDto })
  me(@Ctx() ctx: RequestContext): Me {
    return presentMe(known(ctx), this.options);
  }

  @Post('auth/password')
  @HttpCode(204)
  @PrimaryOnly()
  @OpenBeforePasswordChange()
  @ApiOperation({
    summary: 'Change the own password; ends all other sessions',
    operationId: 'changePassword',
  })
  async changePassword(@Ctx() ctx: RequestContext, @Body() body: ChangePasswordBody): Promise<void> {
    const { session, userId } = signedIn(ctx);
    const { currentPassword: current, newPassword: next } = body;
    await this.passwords.change(ctx, userId, { current, next, sessionId: session.id });
  }

  @Post('auth/replica-password')
  @HttpCode(204)
  @PrimaryOnly()
  @ApiOperation({ summary: 'Choose the password for cloud replicas', operationId: 'chooseReplicaPassword' })
  async replicaPassword(@Ctx() ctx: RequestContext, @Body() body: ReplicaPasswordBody): Promise<void> {
    const { userId } = signedIn(ctx);
    await this.passwords.chooseForReplica(ctx, userId, body.currentPassword, body.replicaPassword);
  }
}

function known(ctx: RequestContext): Identity {
  const identity = identityOf(ctx);
  if (!identity) throw new NotAuthenticated();
  return identity;
}

/** Passwords are for the person at the keyboard: a token, however mighty, does not change them. */
function signedIn(ctx: RequestContext): { session: { id: string }; userId: string } {
  const { session, person } = known(ctx);
  if (!session || !person) throw new NotAllowed({ detail: 'Sign in with your password to do this.' });
  return { session, userId: person.id };
}
