import type { BucketConfig } from '../config/index.js';
import type { S3Options } from './s3-client.js';

/** What the configuration says of an S3 bucket; what it leaves out is left to the SDK. */
export function s3OptionsOf(config: BucketConfig): S3Options {
  const { endpoint, region, forcePathStyle: pathStyle, accessKeyId, secretAccessKey } = config;
  return {
    pathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(accessKeyId === null ? {} : { accessKeyId }),
    ...(secretAccessKey === null ? {} : { secretAccessKey }),
  };
}
