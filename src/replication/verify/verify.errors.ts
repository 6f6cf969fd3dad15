/** Nothing can be said about the bucket: it is empty, or the root that was given is not the one that it was made under. */
export class CannotVerify extends Error {
  constructor(
    readonly code: 'verify.empty' | 'verify.wrong_root',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CannotVerify';
  }
}
