export type FormatErrorCode =
  | 'format.malformed'
  | 'format.too_large'
  | 'format.signature_invalid'
  | 'format.other_tenant'
  | 'format.out_of_place'
  | 'format.digest_mismatch'
  | 'format.truncated'
  | 'format.not_authentic'
  | 'format.not_a_recipient'
  | 'format.reader_too_old'
  | 'format.chain_broken'
  | 'format.rolled_back'
  | 'format.key_missing';

/** Anything wrong with an object of the bucket. The message never repeats bytes of the object beyond a member's name. */
export class FormatError extends Error {
  constructor(
    readonly code: FormatErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'FormatError';
  }
}

export function malformed(what: string, cause?: unknown): FormatError {
  return new FormatError('format.malformed', what, cause === undefined ? undefined : { cause });
}
