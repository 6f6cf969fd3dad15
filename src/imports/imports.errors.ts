import { DomainError, NotFound } from '../platform/errors/index.js';
import type { StructureProblem } from './csv/structure.errors.js';
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

/** The file does not fit the mapping, or is no sound CSV. */
export class UnusableFile extends DomainError {
  constructor(readonly problems: readonly StructureProblem[]) {
    super('unusable_import_file', 400, 'info', {
      detail: 'The file cannot be imported; nothing was written.',
      errors: problems.map(({ line, column, message }) => ({
        path: column === undefined ? `line ${line}` : `line ${line}, column ${column}`,
        message,
      })),
    });
  }
}
