import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { JobHandler, type JobHandlerClass, type RunningJob } from '../../src/platform/queue/index.js';
import { collectObjects, uploadAttachment } from '../../src/replication/jobs/index.js';
import { AttachmentServices } from './attachments.services.js';

/** How one upload went stands in the table, where the reconciler and the status page find it. */
@JobHandler(uploadAttachment)
@Injectable()
export class AttachmentWorker implements JobHandlerClass<{ blobId: string }> {
  constructor(private readonly services: AttachmentServices) {}

  async handle({ data, signal }: RunningJob<{ blobId: string }>): Promise<void> {
    if (!(await this.services.mayUseBucket())) return;
    const { uploader, stopSignal } = this.services;
    await uploader.upload(data.blobId, AbortSignal.any([signal, stopSignal]));
  }
}

@JobHandler(collectObjects)
@Injectable()
export class CollectWorker implements JobHandlerClass<{ sweep: boolean }> {
  constructor(
    private readonly services: AttachmentServices,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async handle({ id, data, signal }: RunningJob<{ sweep: boolean }>): Promise<void> {
    if (!(await this.services.mayUseBucket())) return;
    const removed = await this.services.collector.collect(signal);
    if (removed > 0) this.log.info({ event: 'objects.removed', jobId: id, objects: removed });
    const swept = data.sweep ? await this.services.sweep.run(signal) : null;
    if (swept !== null) this.log.info({ event: 'objects.swept', jobId: id, ...swept });
  }
}
