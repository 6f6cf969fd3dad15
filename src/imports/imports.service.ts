import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { NotAllowed } from '../platform/errors/index.js';
import type { RequestContext } from '../platform/http/index.js';
import { JobQueue } from '../platform/queue/index.js';
import { ACCESS_POLICY, findRecordType, type AccessPolicy } from '../records/index.js';
import { ImportNotFound, WrongImportState } from './imports.errors.js';
import { IMPORT_OPTIONS, type ImportOptions } from './imports.options.js';
import { runImport } from './run/import.job.js';
import { parseMapping } from './mapping/parse-mapping.js';
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
  constructor(
    private readonly store: ImportStore,
    private readonly queue: JobQueue,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
    @Inject(IMPORT_OPTIONS) private readonly options: ImportOptions,
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

  /** Stores the file as it streams in, then puts the import into the queue. */
  async receive(ctx: RequestContext, id: string, body: Readable): Promise<ImportRow> {
    const found = await this.demand(ctx, id);
    if (found.state !== 'waiting') throw new WrongImportState(found.state, ['waiting']);
    await this.storeFile(id, body);
    await this.store.move(id, ['waiting'], 'queued');
    await this.queue.add(runImport, { importId: id }, { jobId: id });
    return this.demand(ctx, id);
  }

  /** Takes effect between two chunks; rows already kept stay, unless all-or-nothing was asked for. */
  async cancel(ctx: RequestContext, id: string): Promise<ImportRow> {
    const found = await this.demand(ctx, id);
    const ended =
      (await this.store.move(id, ['waiting', 'queued'], 'cancelled')) ||
      (await this.store.move(id, ['running'], 'cancelling'));
    if (!ended) throw new WrongImportState(found.state, ['waiting', 'queued', 'running']);
    return this.demand(ctx, id);
  }

  async get(ctx: RequestContext, id: string): Promise<ImportRow> {
    return this.demand(ctx, id);
  }

  page(ctx: RequestContext, limit: number, before: string | null): Promise<ImportRow[]> {
    return this.store.page(limit, before, this.access.isAdministrator(ctx) ? null : ctx.principal.userId);
  }

  errorFile(row: ImportRow): string {
    return join(this.options.folder, `${row.id}.errors.csv`);
  }

  private async storeFile(id: string, body: Readable): Promise<void> {
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
    const path = join(this.options.folder, `${id}.csv`);
    const beside = `${path}.part`;
    try {
      await pipeline(body, createWriteStream(beside, { mode: 0o600 }));
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }

  private demandPermission(ctx: RequestContext, typeName: string, makesFields: boolean): void {
    const type = findRecordType(typeName);
    const isAllowed =
      type &&
      (!type.adminOnly || this.access.isAdministrator(ctx)) &&
      this.access.can(ctx, type, 'create') !== 'none';
    if (!isAllowed) throw new NotAllowed({ detail: `You may not create records of the type ${typeName}.` });
    if (makesFields && !this.access.isAdministrator(ctx))
      throw new NotAllowed({ detail: 'Only an administrator may import custom field definitions.' });
  }

  /** Another person's import is as good as absent. */
  private async demand(ctx: RequestContext, id: string): Promise<ImportRow> {
    const row = await this.store.find(id);
    if (!row || (row.principal.userId !== ctx.principal.userId && !this.access.isAdministrator(ctx)))
      throw new ImportNotFound(id);
    return row;
  }
}
