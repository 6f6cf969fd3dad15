import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { withTransaction, type SqlRunner } from '../../platform/database/index.js';
import { Conflict, InvalidInput, NotAllowed, NotFound, StaleVersion } from '../../platform/errors/index.js';
import { JobQueue } from '../../platform/queue/index.js';
import { ACCESS_POLICY, tagName, type AccessPolicy, type RequestContext } from '../../records/index.js';
import { rewriteTags } from './tag.job.js';
import { TagStore, type Tag, type TagChange } from './tag.store.js';

export interface TagInput {
  readonly name?: string;
  readonly colour?: string | null;
}

/** The registry of tags: their spelling and colours. Records hold names, so a rename goes through all of them. */
@Injectable()
export class Tags {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: TagStore,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    /** not on a replica */
    @Optional() private readonly queue?: JobQueue,
  ) {}

  suggest(text: string, limit: number): Promise<Tag[]> {
    return this.store.suggest(text, limit);
  }

  async changes(ctx: RequestContext): Promise<TagChange[]> {
    this.mustManage(ctx);
    return this.store.changes();
  }

  async create(ctx: RequestContext, { name, colour = null }: TagInput): Promise<Tag> {
    this.mustManage(ctx);
    const spelled = checkedName(name);
    return withTransaction(this.dataSource, async (tx) => {
      const [tag] = await this.store.add(tx, ctx.principal.userId, [spelled], colour);
      if (!tag) throw taken();
      await this.record(tx, ctx, 'create', null, tag);
      return tag;
    });
  }

  /** A new name is taken into the records afterwards, in batches; `changes` tells how far it is. */
  async update(
    ctx: RequestContext,
    id: string,
    input: TagInput,
    version: number | null,
  ): Promise<{ tag: Tag; change: TagChange | null }> {
    this.mustManage(ctx);
    const done = await withTransaction(this.dataSource, async (tx) => {
      const before = await this.mustLock(tx, id);
      if (version !== null && version !== before.version) throw new StaleVersion({ ...before });
      const name = input.name === undefined ? before.name : checkedName(input.name);
      const colour = input.colour === undefined ? before.colour : input.colour;
      if (name === before.name && colour === before.colour) return { tag: before, change: null };
      const [other] = name === before.name ? [] : await this.store.named(tx, [name]);
      if (other && other.id !== id) throw taken();
      const tag = await this.store.change(tx, ctx.principal.userId, { ...before, name, colour });
      await this.record(tx, ctx, 'update', before, tag);
      const isRenamed = name !== before.name;
      const change = isRenamed ? await this.store.begin(tx, ctx.principal.userId, before.name, name) : null;
      return { tag, change };
    });
    if (done.change) await this.start(done.change);
    return done;
  }

  /**
   * Takes the tag off every record afterwards, in batches.
   *
   * @param into id of the tag that the records get in its place; null where they get none
   */
  async remove(ctx: RequestContext, id: string, into: string | null = null): Promise<TagChange> {
    this.mustManage(ctx);
    const change = await withTransaction(this.dataSource, async (tx) => {
      const [first, second] = await this.store.lockAll(tx, into === null ? [id] : [id, into]);
      const before = first?.id === id ? first : second;
      const heir = first?.id === id ? second : first;
      if (!before) throw new NotFound({ detail: 'There is no tag with this id.' });
      if (into !== null && !heir)
        throw new InvalidInput([{ path: 'into', message: 'must be the id of another tag' }]);
      await this.store.remove(tx, id);
      await this.record(tx, ctx, 'delete', before, null);
      return this.store.begin(tx, ctx.principal.userId, before.name, heir?.name ?? null);
    });
    await this.start(change);
    return change;
  }

  private async start({ id }: TagChange): Promise<void> {
    await this.queue?.add(rewriteTags, { changeId: id }, { jobId: id });
  }

  private async mustLock(tx: SqlRunner, id: string): Promise<Tag> {
    const [tag] = await this.store.lockAll(tx, [id]);
    if (!tag) throw new NotFound({ detail: 'There is no tag with this id.' });
    return tag;
  }

  private async record(
    tx: SqlRunner,
    ctx: RequestContext,
    action: string,
    before: Tag | null,
    after: Tag | null,
  ): Promise<void> {
    const values = (tag: Tag | null) => tag && { name: tag.name, colour: tag.colour };
    const recordId = (after ?? before)?.id ?? null;
    const entry = { action, type: 'tag', recordId, fieldNames: ['name', 'colour'] };
    await this.audit.append(tx, ctx, [{ ...entry, before: values(before), after: values(after) }]);
  }

  private mustManage(ctx: RequestContext): void {
    if (!this.policy.hasFlag(ctx, 'manageSettings'))
      throw new NotAllowed({ detail: 'Your roles do not let you manage tags.' });
  }
}

function checkedName(name: unknown): string {
  const parsed = tagName(name);
  if ('wrong' in parsed) throw new InvalidInput([{ path: 'name', message: parsed.wrong }]);
  return parsed.value as string;
}

const taken = (): Conflict =>
  new Conflict('duplicate', {
    detail: 'There is a tag of this name.',
    errors: [{ path: 'name', message: 'is taken by another tag' }],
  });
