/** PostgreSQL cannot be run on this machine; the message says why and what to do. */
export class EmbeddedPostgresUnavailable extends Error {
  override readonly name = 'EmbeddedPostgresUnavailable';
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
  }
}

/** The data folder is served by a PostgreSQL of another Holdfast that is still running. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(
    readonly folder: string,
    readonly ownerPid: number,
  ) {
    super(`the data folder ${folder} is in use by the Holdfast with process id ${ownerPid}`);
  }
}

/** PostgreSQL or initdb ended before it was ready; `log` holds the last lines it wrote. */
export class EmbeddedPostgresFailed extends Error {
  override readonly name = 'EmbeddedPostgresFailed';
  constructor(
    what: string,
    readonly log: string,
  ) {
    super(`${what}; its last words were:\n${log}`);
  }
}
