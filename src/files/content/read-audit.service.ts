import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../../records/index.js';
import { FilesAudit } from '../files.audit.js';

const onceInMs = 10 * 60_000;
const maxRemembered = 10_000;

/**
 * Notes who read which file. A viewer asks for a file in dozens of pieces: what one principal reads of one file within
 * ten minutes is one entry, whichever piece comes first.
 */
@Injectable()
export class ReadAudit {
  private readonly noted = new Map<string, number>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: FilesAudit,
  ) {}

  async note(ctx: RequestContext, attachment: { readonly id: string }): Promise<void> {
    const { kind, userId, tokenId } = ctx.principal;
    const key = [kind, userId, tokenId, attachment.id].join(' ');
    const now = Date.now();
    if (now - (this.noted.get(key) ?? -onceInMs) < onceInMs) return;
    await this.audit.read(this.dataSource, ctx, attachment);
    // the oldest go first: a Map keeps the order in which keys came
    this.noted.delete(key);
    this.noted.set(key, now);
    if (this.noted.size > maxRemembered) this.noted.delete(this.noted.keys().next().value ?? '');
  }
}
