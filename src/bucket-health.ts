import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { openBucket, s3OptionsOf, type Bucket } from './platform/bucket/index.js';
import { AppConfig } from './platform/config/index.js';
import { HealthRegistry } from './platform/health/index.js';

/** Shows on /readyz of a primary whether the bucket answers. Informational: the server works on without it. */
@Injectable()
export class BucketHealth implements OnApplicationShutdown {
  private readonly bucket: Bucket | null;

  constructor(@Inject(AppConfig) { bucket }: AppConfig, health: HealthRegistry) {
    this.bucket = bucket.url === null ? null : openBucket(bucket.url, s3OptionsOf(bucket));
    const opened = this.bucket;
    if (opened) health.register('bucket', () => opened.head('readiness'), { required: false });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.bucket?.close();
  }
}
