import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { withTransaction } from '../../platform/database/index.js';
import { Conflict, InvalidInput, NotAllowed, NotFound, StaleVersion } from '../../platform/errors/index.js';
import {
  ACCESS_POLICY,
  findRecordType,
  isUuid,
  RecordService,
  recordTypeOf,
  TypeViews,
  type AccessPolicy,
  type RequestContext,
} from '../../records/index.js';
import { parseView } from './view-input.js';
import { presentView, type SavedView } from './view.presenter.js';
import { ViewStore, type StoredView, type ViewContent } from './view.store.js';

const maxOwn = 200;
const maxListed = 500;
const fresh = {
  filter: null,
  sort: null,
  columns: [],
  layout: 'table',
  sharedWith: 'nobody',
  position: 0,
} as const satisfies Partial<ViewContent>;

/**
 * Saved views: a filter, an order and columns under a name. A view opens nothing: who uses it gets the list that he
 * may see. Everybody keeps views of his own; sharing them, and changing shared ones of others, is a setting.
 */
@Injectable()
export class SavedViews {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ViewStore,
    private readonly records: RecordService,
    private readonly typeViews: TypeViews,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  async list(ctx: RequestContext, type: string | undefined): Promise<SavedView[]> {
    const views = await this.store.list(ctx.principal.userId, ctx.principal.roles, type, maxListed);
    return views.flatMap((view) => this.shown(ctx, view));
  }

  async get(ctx: RequestContext, id: string): Promise<SavedView> {
    const view = isUuid(id) ? await this.store.get(ctx.principal.userId, ctx.principal.roles, id) : undefined;
    const [shown] = view ? this.shown(ctx, view) : [];
    if (!shown) throw notFound();
    return shown;
  }

  async create(ctx: RequestContext, body: unknown): Promise<SavedView> {
    const userId = personOf(ctx);
    const input = parseView(body, true);
    const type = recordTypeName(input.type);
    const content: ViewContent = { ...fresh, name: '', ...input.content };
    const id = await withTransaction(this.dataSource, async (tx) => {
      await this.check(ctx, tx, type, content, fresh.sharedWith);
      if ((await this.store.countOf(tx, userId)) >= maxOwn)
        throw new Conflict('too_many_views', { detail: `A person has at most ${String(maxOwn)} views.` });
      const made = await this.store.add(tx, userId, type, content);
      if (made === null) throw taken();
      if (input.isDefault) await this.store.setDefault(tx, userId, type, made, true);
      await this.record(tx, ctx, 'create', made, null, content);
      return made;
    });
    return this.get(ctx, id);
  }

  /** What others shared may be made one's default by anybody; the rest of it is its owner's, or a setting. */
  async update(ctx: RequestContext, id: string, body: unknown, version: number | null): Promise<SavedView> {
    const userId = personOf(ctx);
    const { content, isDefault } = parseView(body, false);
    await withTransaction(this.dataSource, async (tx) => {
      const before = await this.mustLock(ctx, tx, id);
      if (version !== null && version !== before.version) throw new StaleVersion({ ...before });
      if (isDefault !== undefined) await this.store.setDefault(tx, userId, before.type, id, isDefault);
      if (Object.keys(content).length === 0) return;
      this.mustOwn(ctx, before);
      const after = { ...contentOf(before), ...content };
      await this.check(ctx, tx, before.type, after, before.sharedWith);
      if (!(await this.store.change(tx, userId, before, after))) throw taken();
      await this.record(tx, ctx, 'update', id, contentOf(before), after);
    });
    return this.get(ctx, id);
  }

  async remove(ctx: RequestContext, id: string): Promise<void> {
    personOf(ctx);
    await withTransaction(this.dataSource, async (tx) => {
      const before = await this.mustLock(ctx, tx, id);
      this.mustOwn(ctx, before);
      await this.store.remove(tx, id);
      await this.record(tx, ctx, 'delete', id, contentOf(before), null);
    });
  }

  /** A type that is gone takes its views with it, and one that the reader may not read tells nothing. */
  private shown(ctx: RequestContext, view: StoredView): SavedView[] {
    const type = findRecordType(view.type);
    if (!type || this.policy.can(ctx, type, 'read') === 'none') return [];
    return [presentView(ctx, view, this.typeViews.of(ctx, type), this.problemsOf(ctx, view.type, view))];
  }

  private problemsOf(
    ctx: RequestContext,
    type: string,
    { filter, sort, columns }: ViewContent,
  ): InvalidInput | null {
    try {
      this.records.checkList(ctx, type, {
        ...(filter === null ? {} : { filter }),
        ...(sort === null ? {} : { sort }),
        fields: columns,
      });
      return null;
    } catch (error) {
      if (error instanceof InvalidInput) return error;
      throw error;
    }
  }

  private async check(
    ctx: RequestContext,
    tx: QueryRunner,
    type: string,
    content: ViewContent,
    sharedBefore: ViewContent['sharedWith'],
  ): Promise<void> {
    const problems = (this.problemsOf(ctx, type, content)?.errors ?? []).map(({ path, message }) => ({
      path: path === 'fields' ? 'columns' : path,
      message,
    }));
    const hasStages = recordTypeOf(type).fieldByName.has('stage');
    if (content.layout === 'board' && !hasStages)
      problems.push({ path: 'layout', message: `must be "table": ${type} has no stages` });
    const roles = typeof content.sharedWith === 'string' ? [] : content.sharedWith;
    for (const key of await this.store.unknownRoles(tx, roles))
      problems.push({ path: 'sharedWith', message: `${JSON.stringify(key)} is not the key of a role` });
    if (problems.length > 0) throw new InvalidInput(problems);
    const isShared = content.sharedWith !== 'nobody' || sharedBefore !== 'nobody';
    if (isShared && !this.policy.hasFlag(ctx, 'manageSettings'))
      throw new NotAllowed({ detail: 'Your roles do not let you share views.' });
  }

  private async mustLock(ctx: RequestContext, tx: QueryRunner, id: string): Promise<StoredView> {
    const { userId, roles } = ctx.principal;
    const view = isUuid(id) ? await this.store.get(userId, roles, id, tx) : undefined;
    if (!view || this.shown(ctx, view).length === 0) throw notFound();
    return view;
  }

  private mustOwn(ctx: RequestContext, view: StoredView): void {
    const isOwn = view.ownerId === ctx.principal.userId;
    if (!isOwn && !this.policy.hasFlag(ctx, 'manageSettings'))
      throw new NotAllowed({ detail: 'This view belongs to somebody else.' });
  }

  private async record(
    tx: QueryRunner,
    ctx: RequestContext,
    action: string,
    recordId: string,
    before: ViewContent | null,
    after: ViewContent | null,
  ): Promise<void> {
    const fieldNames = Object.keys(after ?? before ?? {});
    const entry = { action, type: 'savedView', recordId, fieldNames };
    await this.audit.append(tx, ctx, [
      { ...entry, before: before && { ...before }, after: after && { ...after } },
    ]);
  }
}

function contentOf({ name, filter, sort, columns, layout, sharedWith, position }: StoredView): ViewContent {
  return { name, filter, sort, columns, layout, sharedWith, position };
}

function recordTypeName(name: string | undefined): string {
  const type = findRecordType(name ?? '');
  if (!type) throw new InvalidInput([{ path: 'type', message: 'must be the name of a record type' }]);
  return type.name;
}

/** @throws NotAllowed for a token that acts for nobody */
function personOf(ctx: RequestContext): string {
  const { userId } = ctx.principal;
  if (userId === null) throw new NotAllowed({ detail: 'Views belong to people.' });
  return userId;
}

const notFound = (): NotFound => new NotFound({ detail: 'There is no view with this id.' });
const taken = (): Conflict =>
  new Conflict('duplicate', {
    detail: 'You have a view of this name.',
    errors: [{ path: 'name', message: 'is taken by another view' }],
  });
