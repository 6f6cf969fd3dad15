/** What went wrong, in a form that the status page shows: a stable code and one sentence without data of any row. */
export class ConnectorError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
