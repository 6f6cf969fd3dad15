import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ACCESS_POLICY } from '../records/index.js';
import { AccessAudit } from './access.audit.js';
import { AccessJanitor } from './access.janitor.js';
import { ACCESS_OPTIONS, type AccessOptions } from './access.options.js';
import { AuthenticationGuard } from './guard/authentication.guard.js';
import { IdentityStore } from './identity/identity.store.js';
import { PasswordHasher } from './password/password-hasher.js';
import { RoleAccessPolicy } from './policy/role-access-policy.js';
import { RoleStore } from './roles/role.store.js';
import { RolesController } from './roles/roles.controller.js';
import { Roles } from './roles/roles.service.js';
import { SessionCookie } from './sessions/session-cookie.js';
import { SessionStore } from './sessions/session.store.js';
import { AuthController } from './sign-in/auth.controller.js';
import { SignInLimiter } from './sign-in/sign-in-limiter.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { TeamStore } from './teams/team.store.js';
import { Teams } from './teams/teams.service.js';
import { TeamsController } from './teams/teams.controller.js';
import { ApiTokens } from './tokens/api-token.service.js';
import { ApiTokensController } from './tokens/api-tokens.controller.js';
import { OwnPasswords } from './users/own-password.service.js';
import { UserAccess } from './users/user-access.service.js';
import { UserWriteBehaviour } from './users/user-write.behaviour.js';
import { UserAccessController } from './users/user-access.controller.js';

const services: Provider[] = [
  AccessAudit,
  IdentityStore,
  RoleAccessPolicy,
  { provide: ACCESS_POLICY, useExisting: RoleAccessPolicy },
  RoleStore,
  Roles,
  SessionStore,
  SignInLimiter,
  UserAccess,
  OwnPasswords,
  TeamStore,
  Teams,
  ApiTokens,
  {
    provide: PasswordHasher,
    useFactory: (options: AccessOptions) => new PasswordHasher(options.passwords),
    inject: [ACCESS_OPTIONS],
  },
];

/** Sign-in and authorisation. Needs TypeORM's DataSource, the audit, the record engine and a logger. */
@Module({})
export class AccessModule {
  static forRoot(options: AccessOptions): DynamicModule {
    return {
      module: AccessModule,
      global: true,
      controllers: [
        AuthController,
        ApiTokensController,
        UserAccessController,
        RolesController,
        TeamsController,
      ],
      providers: [
        ...services,
        { provide: ACCESS_OPTIONS, useValue: options },
        SessionCookie,
        SignInService,
        AccessJanitor,
        UserWriteBehaviour,
        { provide: APP_GUARD, useClass: AuthenticationGuard },
      ],
      exports: [ACCESS_POLICY, IdentityStore, RoleStore, UserAccess, OwnPasswords, Roles, Teams, ApiTokens],
    };
  }

  /** The services without routes and without guard: for the command line and the first start. */
  static forCommands(options: AccessOptions): DynamicModule {
    return {
      module: AccessModule,
      global: true,
      providers: [...services, { provide: ACCESS_OPTIONS, useValue: options }],
      exports: [ACCESS_POLICY, IdentityStore, RoleStore, UserAccess, OwnPasswords, Roles, Teams, ApiTokens],
    };
  }
}
