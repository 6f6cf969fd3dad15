import { Module } from '@nestjs/common';
import { QueueModule } from '../../platform/queue/index.js';
import { rewriteTags } from './tag.job.js';
import { TagRewriter } from './tag.rewriter.js';
import { TagStore } from './tag.store.js';
import { TagWorker } from './tag.worker.js';

/** On premises only: carries renames of tags through the records. */
@Module({
  imports: [QueueModule.forFeature(rewriteTags)],
  providers: [TagStore, TagRewriter, TagWorker],
})
export class TagWorkModule {}
