import {
  BucketError,
  BucketRefused,
  BucketUnavailable,
  ObjectNotFound,
  RangeOutside,
  UploadNotFound,
} from './bucket.errors.js';

/** What S3 says no to for good: its error's name, our code, and the sentence for a person. */
const REFUSALS: Record<string, readonly [code: string, message: string]> = {};

function refusal(code: string, message: string, ...names: string[]): void {
  for (const name of names) REFUSALS[name] = [code, message];
}

refusal('missing', 'the bucket does not exist', 'NoSuchBucket');
refusal(
  'access_denied',
  'the credentials are known, but may not do this',
  ...['AccessDenied', 'AllAccessDisabled', 'Forbidden', 'AccountProblem', 'NotSignedUp', '403'],
);
refusal(
  'credentials_refused',
  'the access key or its secret is wrong',
  ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidSecurity', 'CredentialsProviderError'],
);
refusal(
  'credentials_expired',
  'the credentials have expired; new ones are needed',
  ...['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'InvalidToken'],
);
refusal(
  'clock_skewed',
  "this machine's clock differs from the bucket's by more than S3 allows",
  ...['RequestTimeTooSkewed', 'RequestExpired'],
);
refusal(
  'wrong_region',
  'the bucket is elsewhere: region or endpoint is wrong',
  ...['PermanentRedirect', 'TemporaryRedirect', 'Redirect', 'AuthorizationHeaderMalformed', '301', '307'],
  ...['IllegalLocationConstraintException', 'MovedPermanently'],
);
refusal('part_invalid', 'a part is not what was named', 'InvalidPart', 'InvalidPartOrder');
refusal('part_too_small', 'a part is smaller than S3 allows', 'EntityTooSmall');
refusal('too_large', 'the object is larger than the bucket takes', 'EntityTooLarge');
refusal('quota', 'the quota is used up', 'QuotaExceeded', 'XMinioStorageFull');
refusal('not_implemented', 'the server does not know this call', 'NotImplemented', 'MethodNotAllowed');

export function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return null;
  const metadata = error.$metadata as { httpStatusCode?: number };
  return metadata.httpStatusCode ?? null;
}

/** One of the bucket's own errors for whatever the SDK threw while it did `call` to `key`. */
export function translate(error: unknown, call: string, key: string): Error {
  if (error instanceof BucketError) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  const status = statusOf(error);
  if (name === 'NoSuchUpload') return new UploadNotFound(key);
  if (name === 'InvalidRange' || status === 416) return new RangeOutside(key);
  if (name === 'NoSuchKey' || name === 'NotFound') return new ObjectNotFound(key);
  const refused = REFUSALS[name] ?? REFUSALS[String(status)];
  if (refused !== undefined) {
    const [code, message] = refused;
    return new BucketRefused(`bucket.${code}`, `S3 refused ${call} (${name}): ${message}`, { cause: error });
  }
  const said = status === null ? `failed: ${name}` : `answered ${String(status)} ${name}`;
  return new BucketUnavailable(`S3 ${said}`, error);
}

/** Whether another attempt may go better. A clock that is off is corrected by the SDK from the first answer's date. */
export function mayPass(error: unknown): boolean {
  if (statusOf(error) === 412) return false;
  const translated = translate(error, '', '');
  return translated instanceof BucketUnavailable || isCorrectedClock(error);
}

function isCorrectedClock(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return false;
  return (error.$metadata as { clockSkewCorrected?: boolean }).clockSkewCorrected === true;
}
