// Files hold personal data: what was sent goes when its import has ended, what failed some weeks later.
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { safeError } from '../../platform/logging/index.js';
import { IMPORT_OPTIONS, type ImportOptions } from '../imports.options.js';
import { ImportStore } from '../run/import.store.js';
import { ImportFiles, type StoredFile } from './import-files.js';

const everyMs = 3_600_000;
const dayMs = 24 * 3_600_000;

@Injectable()
export class ImportJanitor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ImportJanitor.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly files: ImportFiles,
    private readonly store: ImportStore,
    @Inject(IMPORT_OPTIONS) private readonly options: ImportOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweepOrWarn(), everyMs).unref();
    void this.sweepOrWarn();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async sweep(): Promise<void> {
    await this.store.giveUpWaiting(this.options.keepDays);
    const files = await this.files.list();
    const endings = await this.store.endings([...new Set(files.map(({ importId }) => importId))]);
    for (const file of files) {
      if (!(await this.isDone(file, endings.get(file.importId)))) continue;
      await this.files.remove(file);
      if (file.kind === 'errors') await this.store.forgetErrors(file.importId);
    }
  }

  /** @param endedAt null for an import that has not ended, undefined for one that is not there */
  private async isDone(file: StoredFile, endedAt: Date | null | undefined): Promise<boolean> {
    if (file.kind === 'part') return this.files.isLeftOver(file);
    if (endedAt === undefined) return true;
    if (endedAt === null) return false;
    return file.kind === 'upload' || Date.now() - endedAt.getTime() > this.options.keepDays * dayMs;
  }

  private async sweepOrWarn(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      // the next round tries again
      this.logger.warn({ event: 'imports.sweep-failed', error: safeError(error) });
    }
  }
}
