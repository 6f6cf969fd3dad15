import { DomainError } from '../errors/index.js';

/** 507: the disk that holds the files is full. Nothing of the upload stays behind. */
export class StoreFull extends DomainError {
  constructor(cause: unknown) {
    super('store_full', 507, 'error', {
      detail: 'The disk that holds the files is full. Nothing was stored. Tell your administrator.',
      cause,
    });
  }
}

/** What lies on the disk is not what was stored there: altered, cut off, or sealed under another key. */
export class FileDamaged extends DomainError {
  constructor(what: string, cause?: unknown) {
    super('file_damaged', 500, 'error', {
      detail:
        'The stored file is damaged, so it is not handed out. Tell your administrator: it is in the backup.',
      cause: cause ?? new Error(what),
    });
  }
}

export class FileMissing extends DomainError {
  constructor(cause: unknown) {
    super('file_missing', 500, 'error', {
      detail: 'The stored file is missing. Tell your administrator: it is in the backup.',
      cause,
    });
  }
}

/** The key file is gone, foreign, unreadable or readable by others. The message says which, and what to do. */
export class FileKeyRefused extends DomainError {
  constructor(detail: string, cause?: unknown) {
    super('file_key_refused', 500, 'error', { detail, cause });
  }
}
