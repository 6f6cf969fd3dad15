import { Conflict, DomainError, type DomainErrorOptions } from '../platform/errors/index.js';

/** 500: a file of the ledger is missing, damaged or not this server's. */
export class ErasureLedgerBroken extends DomainError {
  constructor(file: string, options: DomainErrorOptions = {}) {
    super('erasure_ledger_broken', 500, 'error', {
      detail:
        `The ledger of erasures cannot be believed from ${file} on: an entry is missing, changed or signed by another ` +
        `key. Nothing is erased or published anew until its folder and keys/server/erasures.key are restored.`,
      ...options,
    });
  }
}

/** 409: people who work with the system are not erased as records are. */
export class NotErasable extends Conflict {
  constructor(type: string) {
    super('not_erasable', {
      detail: `A record of type ${type} cannot be erased. Erase what it says of a person by changing it, or block the user.`,
    });
  }
}
