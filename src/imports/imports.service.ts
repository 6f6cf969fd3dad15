import type { Readable } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { withTransaction } from '../platform/database/index.js';
import { InvalidInput, NotAllowed } from '../platform/errors/index.js';
import type { RequestContext } from '../platform/http/index.js';
import { safeError } from '../platform/logging/index.js';
import { JobQueue } from '../platform/queue/index.js';
import { ACCESS_POLICY, findRecordType, type AccessPolicy } from '../records/index.js';
import { ImportFiles } from './files/import-files.js';
import { ImportsAudit } from './imports.audit.js';
import { ImportNotFound, WrongImportState } from './imports.errors.js';
import { parseMapping } from './mapping/parse-mapping.js';
import { runImport } from './run/import.job.js';
import type { ImportRow } from './run/import.row.js';
import { ImportStore } from './run/import.store.js';

export interface ImportRequest {
  /** YAML, see docs/import.md */
  readonly mapping: string;
  readonly fileName: string;
  /** goes through everything and keeps nothing */
  readonly dryRun: boolean;
  /** one bad row and nothing of the file is kept */
  readonly allOrNothing: boolean;
}

@Injectable()
export class ImportsService {
  private readonly logger = new Logger(ImportsService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ImportStore,
    private readonly files: ImportFiles,
    private readonly audit: ImportsAudit,
    private readonly queue: JobQueue,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /** @throws InvalidMapping, NotAllowed */
  async create(ctx: RequestContext, request: ImportRequest): Promise<ImportRow> {
    const mapping = parseMapping(request.mapping);
    this.demandPermission(ctx, mapping.type, mapping.customFields.length > 0);
    const id = uuidv7();
    await this.store.insert({
      ...{
        id,
        type: mapping.type,
        label: mapping.label,
        mapping: request.mapping,
        fileName: request.fileName,
      },
      ...{ isDryRun: request.dryRun, isAllOrNothing: request.allOrNothing, principal: ctx.principal },
    });
    return this.demand(ctx, id);
  }

  /**
   * Stores the file as it streams in, then puts the import into the queue. An upload that breaks off leaves nothing, and
   * the file can be sent again.
   */
  async receive(ctx: RequestContext, id: string, body: Readable | undefined): Promise<ImportRow> {
    const found = await this.demand(ctx, id);
    if (found.state !== 'waiting') throw new WrongImportState(found.state, ['waiting']);
    if (body === undefined) throw new InvalidInput([{ path: '', message: 'the file is empty' }]);
    const part = await this.files.receive(id, body);
    try {
      await this.enqueue(ctx, found, part);
    } catch (error) {
      await this.files.drop(part);
      throw error;
    }
    await this.remind(id);
    return this.demand(ctx, id);
  }

  /** File and row are kept, so it is not refused for want of a queue: whoever sent it again would be told that it runs. */
  private async remind(id: string): Promise<void> {
    try {
      await this.queue.add(runImport, { importId: id }, { jobId: id });
    } catch (error) {
      // the worker's reconciler queues it within seconds of the queue being back
      this.logger.warn({ event: 'imports.not-queued', importId: id, error: safeError(error) });
    }
  }

  /** Takes effect between two chunks; rows already kept stay, unless all-or-nothing was asked for. */
  async cancel(ctx: RequestContext, id: string): Promise<ImportRow> {
    const found = await this.demand(ctx, id);
    await withTransaction(this.dataSource, async (tx) => {
      if (await this.store.move(tx, id, ['waiting', 'queued'], 'cancelled'))
        await this.audit.ended(tx, ctx.requestId, found, 'cancelled', found);
      else if (!(await this.store.move(tx, id, ['running'], 'cancelling')))
        throw new WrongImportState(found.state, ['waiting', 'queued', 'running']);
    });
    const after = await this.demand(ctx, id);
    if (after.state === 'cancelled') await this.files.dropUpload(id);
    return after;
  }

  async get(ctx: RequestContext, id: string): Promise<ImportRow> {
    return this.demand(ctx, id);
  }

  page(ctx: RequestContext, limit: number, before: string | null): Promise<ImportRow[]> {
    return this.store.page(limit, before, this.access.isAdministrator(ctx) ? null : ctx.principal.userId);
  }

  errorFile(row: ImportRow): string {
    return this.files.errors(row.id);
  }

  /** Of two files sent at once the first one in is taken; the lock makes the other wait and see that. */
  private async enqueue(ctx: RequestContext, row: ImportRow, part: string): Promise<void> {
    await withTransaction(this.dataSource, async (tx) => {
      const state = await this.store.lock(tx, row.id);
      if (state !== 'waiting') throw new WrongImportState(state ?? 'cancelled', ['waiting']);
      await this.files.keep(row.id, part);
      await this.store.move(tx, row.id, ['waiting'], 'queued');
      await this.audit.begun(tx, ctx, row);
    });
  }

  private demandPermission(ctx: RequestContext, typeName: string, makesFields: boolean): void {
    const type = findRecordType(typeName);
    const isAllowed =
      type &&
      (!type.adminOnly || this.access.isAdministrator(ctx)) &&
      this.access.can(ctx, type, 'create') !== 'none';
    if (!isAllowed) throw new NotAllowed({ detail: `You may not create records of the type ${typeName}.` });
    if (makesFields && !this.access.hasFlag(ctx, 'manageCustomFields'))
      throw new NotAllowed({ detail: 'Your roles do not let you make the custom fields of this mapping.' });
  }

  /** Another person's import is as good as absent. */
  private async demand(ctx: RequestContext, id: string): Promise<ImportRow> {
    const row = await this.store.find(id);
    if (!row || (row.principal.userId !== ctx.principal.userId && !this.access.isAdministrator(ctx)))
      throw new ImportNotFound(id);
    return row;
  }
}
