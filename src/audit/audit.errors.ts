import { DomainError } from '../platform/errors/index.js';

/** The key file of the audit is gone or foreign while the database holds keys that it wrapped. */
export class AuditKeyMissing extends DomainError {
  constructor(path: string) {
    super('audit_key_missing', 503, 'error', {
      detail: `The audit key ${path} does not fit this database. Put back the file from the backup of the keys folder.`,
    });
  }
}

/** A sealed payload does not open: it was altered, or it belongs to another entry. */
export class AuditPayloadBroken extends DomainError {
  constructor(leafId: string, cause: unknown) {
    super('audit_payload_broken', 500, 'error', {
      detail: `The values of audit entry ${leafId} cannot be opened.`,
      cause,
    });
  }
}

/** The stored tree of the audit contradicts itself; nothing is added to it until somebody has looked. */
export class AuditTreeBroken extends DomainError {
  constructor(what: string) {
    super('audit_tree_broken', 500, 'error', {
      detail: `The tree of the audit is not as it was left: ${what}. Run \`holdfast audit verify\`.`,
    });
  }
}

/** The key that signs the audit's checkpoints is gone, although it signed some before. */
export class AuditSigningKeyMissing extends DomainError {
  constructor() {
    super('audit_signing_key_missing', 503, 'error', {
      detail:
        'The key that signs checkpoints of the audit is missing. Put `audit-signing.key` back from the backup of the keys folder.',
    });
  }
}
