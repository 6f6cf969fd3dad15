import { Conflict, DomainError, InvalidInput, NotFound, Unavailable } from '../../platform/errors/index.js';
import type { PolicyIssue } from './document/policy.model.js';
import type { PolicyWarning } from './preview/policy-warnings.js';

/** 400: the document is not a policy; `issues` gives line, column, path, message and suggestion of each. */
export class PolicyInvalid extends InvalidInput {
  constructor(issues: readonly PolicyIssue[]) {
    super(
      issues.map((issue) => ({ path: issue.path, message: describeIssue(issue) })),
      { detail: 'The policy is not valid.', extensions: { issues } },
    );
  }
}

export class PolicyVersionNotFound extends NotFound {
  constructor(version: number) {
    super({ detail: `There is no version ${String(version)} of the policy.` });
  }
}

export class PolicyVersionTaken extends Conflict {
  constructor(written: number, latest: number) {
    super('policy_version_taken', {
      detail: `The policy says version ${String(written)}, but version ${String(latest)} exists already: write ${String(latest + 1)}.`,
    });
  }
}

export class PolicyNotProposed extends Conflict {
  constructor(version: number, state: string) {
    super('policy_not_proposed', {
      detail: `Version ${String(version)} is ${state}; only a proposed one can be approved.`,
    });
  }
}

/** 403: whoever proposed a policy cannot approve it, and nobody unknown can do either. */
export class SecondPersonNeeded extends DomainError {
  constructor(detail: string) {
    super('second_person_needed', 403, 'warn', { detail });
  }
}

/** 409: the policy can be used, and what it would do must be acknowledged first; `warnings` says what. */
export class PolicyNeedsAcknowledgement extends Conflict {
  constructor(warnings: readonly PolicyWarning[]) {
    super('policy_needs_acknowledgement', {
      detail: warnings.map(({ cause, effect, action }) => `${cause} ${effect} ${action}`).join(' '),
      extensions: { warnings },
    });
  }
}

export class PolicyAlreadyInstalled extends Conflict {
  constructor() {
    super('policy_already_installed', {
      detail: 'Only the very first policy comes without a second person.',
    });
  }
}

/** 503: the connector is in the middle of a PUT to a bucket that does not answer; nothing was changed. */
export class PublishingUnderWay extends Unavailable {
  constructor() {
    super('publishing_under_way', {
      detail:
        'The connector is publishing a batch under the policy in force and its bucket is slow to answer. Nothing was changed; approve again in a moment.',
    });
  }
}

export function describeIssue(issue: PolicyIssue): string {
  const hint = issue.suggestion === null ? '' : ` (did you mean \`${issue.suggestion}\`?)`;
  return `line ${String(issue.line)}, column ${String(issue.column)}: ${issue.message}${hint}`;
}
