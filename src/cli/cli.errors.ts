/** A failure that the person at the terminal can act upon; printed without a stack. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly options: {
      readonly exitCode?: number;
      readonly details?: readonly string[];
      /** what the server answered, where it refused */
      readonly problem?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.name = 'CliError';
  }
}
