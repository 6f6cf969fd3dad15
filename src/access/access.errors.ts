import { Conflict, DomainError, NotAllowed, Unavailable } from '../platform/errors/index.js';

/** 401 for every sign-in that fails, whatever the cause: unknown, disabled, no password, wrong password. */
export class SignInFailed extends DomainError {
  constructor() {
    super('sign_in_failed', 401, 'info', { detail: 'The e-mail address or the password is wrong.' });
  }
}

/** 403: the request looks as if another site had sent it. */
export class CrossSiteRequest extends DomainError {
  constructor() {
    super('cross_site_request', 403, 'warn', {
      detail: 'Send the header X-CSRF-Token with the token that GET /api/v1/me answers.',
    });
  }
}

/** 403: the token was not given the scope. */
export class ScopeMissing extends NotAllowed {
  constructor(scope: string) {
    super({ detail: `The API token lacks the scope "${scope}".` });
  }
}

/** 403: the token is good, but not from this address. */
export class TokenAddressRefused extends DomainError {
  constructor() {
    super('token_address_refused', 403, 'warn', {
      detail: 'The API token may not be used from this address.',
    });
  }
}

/** 403: a token asked for another token. */
export class TokenMayNotMakeTokens extends DomainError {
  constructor() {
    super('token_may_not_make_tokens', 403, 'warn', {
      detail: 'An API token makes no other tokens. Sign in, or use the command line on the server.',
    });
  }
}

/** 403 on everything but the person's own password until it is changed. */
export class PasswordChangeRequired extends DomainError {
  constructor() {
    super('password_change_required', 403, 'info', { detail: 'Choose a new password first.' });
  }
}

/** 503: too many passwords are being checked. */
export class SignInBusy extends Unavailable {
  constructor() {
    super('sign_in_busy', { detail: 'Too many sign-ins at once. Try again in a moment.' });
  }
}

/** 409: everybody who has the role would lose it unnoticed. */
export class RoleInUse extends Conflict {
  constructor() {
    super('role_in_use', { detail: 'Take the role from everybody and every token that has it first.' });
  }
}

/** 409: the administrator's role stays as it is, and no built-in role can be deleted. */
export class RoleIsFixed extends Conflict {
  constructor() {
    super('role_is_fixed', {
      detail: 'The role administrator cannot be changed, and built-in roles cannot be deleted.',
    });
  }
}

/** 409: teams below would be left without the one above. */
export class TeamHasTeams extends Conflict {
  constructor() {
    super('team_has_teams', { detail: 'Move or delete the teams below this one first.' });
  }
}

/** 409: nobody could administer the server afterwards. */
export class LastAdministrator extends Conflict {
  constructor() {
    super('last_administrator', { detail: 'At least one active administrator must remain.' });
  }
}
