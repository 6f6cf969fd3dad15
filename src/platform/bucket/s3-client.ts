import { S3Client } from '@aws-sdk/client-s3';

export interface S3Options {
  /** address of a server that is not AWS, e.g. `https://ceph.example:7480` */
  endpoint?: string;
  region?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`; most servers that are not AWS need it */
  pathStyle?: boolean;
  connectTimeoutMs?: number;
  /** longest silence on a connection */
  requestTimeoutMs?: number;
  /** of each call, unless the call says otherwise */
  maxAttempts?: number;
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 60_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

export function makeS3Client(options: S3Options): S3Client {
  const { accessKeyId, secretAccessKey, sessionToken } = options;
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  return new S3Client({
    region: options.region ?? 'us-east-1',
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(hasKeys
      ? {
          credentials: {
            accessKeyId,
            secretAccessKey,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }
      : {}),
    // else the SDK writes to the console what the caller learns from the error
    logger: { debug: silence, info: silence, warn: silence, error: silence },
    forcePathStyle: options.pathStyle ?? false,
    // The calls try again themselves (s3-calls.ts), so that each attempt is timed and counted.
    maxAttempts: 1,
    // The default adds a trailing checksum to streamed bodies, which Ceph answers with 411.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      // Not the SDK's `requestTimeout`: that one only writes a warning, and the call goes on for ever.
      socketTimeout: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    },
  });
}

function silence(): void {
  // on purpose
}
