import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { query, withTransaction } from '../../platform/database/index.js';
import { systemContext } from '../../platform/http/index.js';
import { READ_ONLY, RecordService } from '../../records/index.js';

const stages = [
  { name: 'Prospecting', key: 'prospecting', status: 'open', probability: 10 },
  { name: 'Engaging', key: 'engaging', status: 'open', probability: 40 },
  { name: 'Won', key: 'won', status: 'won', probability: 100 },
  { name: 'Lost', key: 'lost', status: 'lost', probability: 0 },
] as const;

/** Any number that no other advisory lock of ours uses. */
const seedLock = 4_839_205_101;

/** A deal needs a pipeline, so a new installation begins with one; it is made once, whatever becomes of it. */
@Injectable()
export class DefaultPipelineSeeder implements OnApplicationBootstrap {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordService,
    @Inject(READ_ONLY) private readonly isReadOnly: boolean,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.isReadOnly) await this.seed();
  }

  async seed(): Promise<void> {
    await withTransaction(this.dataSource, async (tx) => {
      await query(tx, 'SELECT pg_advisory_xact_lock($1)', [seedLock]);
      const known = await query(tx, 'SELECT 1 FROM crm.pipeline LIMIT 1');
      if (known.length === 0) await this.create(tx);
    });
  }

  private async create(tx: QueryRunner): Promise<void> {
    const ctx = systemContext('first start');
    const input = { name: 'Sales', key: 'sales', position: 1, isDefault: true };
    const pipeline = await this.records.create(ctx, 'pipeline', input, { tx });
    const rows = stages.map((stage, index) => ({
      ...stage,
      pipelineId: pipeline['id'],
      position: index + 1,
    }));
    await this.records.createMany(ctx, 'stage', rows, { tx });
  }
}
