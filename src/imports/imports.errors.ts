import { DomainError, NotFound } from '../platform/errors/index.js';
import type { ImportState } from './run/import.row.js';

export class ImportNotFound extends NotFound {
  constructor(readonly importId: string) {
    super({ detail: 'There is no such import.' });
  }
}

export class WrongImportState extends DomainError {
  constructor(state: ImportState, expected: readonly ImportState[]) {
    super('wrong_import_state', 409, 'info', {
      detail: `The import is ${state}; this needs one that is ${expected.join(' or ')}.`,
    });
  }
}
