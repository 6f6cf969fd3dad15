import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';

/** Nest token of PolicyOptions. */
export const POLICY_OPTIONS = Symbol('POLICY_OPTIONS');

export interface PolicyOptions {
  /** as holdfast_maintainer; null where this server may not change the policy */
  readonly maintainerUrl: string | null;
}

/** Connects as holdfast_maintainer, the only role that may change a policy view, and only when that is needed. */
@Injectable()
export class MaintainerDatabase implements OnApplicationShutdown {
  private opened: Promise<DataSource> | null = null;

  constructor(@Inject(POLICY_OPTIONS) private readonly options: PolicyOptions) {}

  /** @throws Unavailable where no address is configured */
  async connect(): Promise<DataSource> {
    this.opened ??= this.open().catch((error: unknown) => {
      // The next call tries again.
      this.opened = null;
      throw error;
    });
    return this.opened;
  }

  async onApplicationShutdown(): Promise<void> {
    const opened = await this.opened;
    this.opened = null;
    await opened?.destroy();
  }

  private async open(): Promise<DataSource> {
    const { maintainerUrl } = this.options;
    if (maintainerUrl === null)
      throw new Unavailable('maintainer_not_configured', {
        detail: 'This server cannot change the policy: `database.maintainerUrl` is not set.',
      });
    const settings = {
      entities: [],
      poolSize: 2,
      applicationName: 'holdfast policy',
      statementTimeoutMs: 120_000,
    };
    return createDataSource({ url: maintainerUrl, ...settings }).initialize();
  }
}
