import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditTrail } from '../audit/index.js';
import { withTransaction } from '../platform/database/index.js';
import { InvalidInput, NotAllowed, StaleVersion, type FieldProblem } from '../platform/errors/index.js';
import type { RequestContext } from '../platform/http/index.js';
import { isUuid } from './kinds/index.js';
import type { RecordTypeMeta } from './metadata/record-type.meta.js';
import { ACCESS_POLICY, type AccessPolicy, type RecordAction } from './ports/access-policy.js';
import type { RecordChange, RecordData } from './ports/record-behaviour.js';
import { RecordBehaviours } from './ports/record-behaviours.js';
import { projectionOf } from './query/projection.js';
import { recordNotFound, RecordReader } from './record-reader.service.js';
import { RecordDatabase, type TextRow } from './sql/record-database.js';
import type { TypeView } from './view/type-view.js';
import { recordTypeOf, TypeViews } from './view/type-views.service.js';
import { changedFields, filledFields, pick, touch } from './write/changes.js';
import { checkUse } from './write/use-check.js';
import { ownerProblems } from './write/owner-rule.js';
import { missingFields, parseInput } from './write/record-input.js';
import { insertRecords, updateRecord } from './write/record-rows.js';
import { checkReferences } from './write/references.js';
import { refuseParts } from './write/part-check.js';
import { findTaken } from './write/unique-check.js';

export interface WriteOptions {
  /** an open transaction to write in; a transaction of its own where left out */
  readonly tx?: QueryRunner;
}

export interface CreateManyResult {
  /** per input the id of the record made of it, or null where it was refused */
  readonly ids: readonly (string | null)[];
  readonly refused: readonly { readonly index: number; readonly errors: readonly FieldProblem[] }[];
}

type Draft = RecordChange & { readonly index: number; readonly problems: FieldProblem[] };

/** Writes records. Each write, with its audit entry, is one transaction: the caller's, or its own. */
@Injectable()
export class RecordWriter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: RecordDatabase,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    private readonly views: TypeViews,
    private readonly reader: RecordReader,
    private readonly behaviours: RecordBehaviours,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws InvalidInput with every wrong member; NotAllowed; Conflict where a unique value is taken */
  async create(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    input: unknown,
    options: WriteOptions = {},
  ): Promise<RecordData> {
    const type = recordTypeOf(typeName);
    return this.within(options, async (tx) => {
      const projection = projectionOf(this.views.of(ctx, type));
      const { drafts, rows, refused } = await this.insert(ctx, tx, type, [input], projection.columns);
      if (refused[0]) throw new InvalidInput(refused[0].errors);
      // as PostgreSQL stored it, not as it was sent; read anew where a behaviour may have changed it since
      const [row] = rows;
      if (row && !this.behaviours.followUp(type.name)) return projection.toRecord(row);
      return this.written(ctx, tx, type, drafts[0]?.id ?? '');
    });
  }

  /**
   * Makes a record of each input that is right and says what is wrong with the others; the caller decides whether to
   * keep the rest. Meant for imports: a fixed number of statements, however many inputs.
   */
  async createMany(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    inputs: readonly unknown[],
    options: WriteOptions = {},
  ): Promise<CreateManyResult> {
    const type = recordTypeOf(typeName);
    return this.within(options, async (tx) => {
      const { drafts, refused } = await this.insert(ctx, tx, type, inputs, null);
      const ids: (string | null)[] = inputs.map(() => null);
      for (const { index, id } of drafts) ids[index] = id;
      return { ids, refused };
    });
  }

  /**
   * @param expectedVersion the version that the caller saw; null only where the server itself writes
   * @throws StaleVersion with the record as it is now; InvalidInput; NotFound; NotAllowed
   */
  async update(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    id: string,
    patch: unknown,
    expectedVersion: number | null,
    options: WriteOptions = {},
  ): Promise<RecordData> {
    const type = recordTypeOf(typeName);
    return this.within(options, async (tx) => {
      const before = await this.lock(ctx, tx, type, id, 'update', 'live');
      await this.mustBeVersion(ctx, tx, type, before, expectedVersion);
      const view = this.views.of(ctx, type);
      const input = parseInput(view, patch, this.policy.readOnlyFields(ctx, type));
      if (input.problems.length > 0) throw new InvalidInput(input.problems);
      const custom = { ...(before['custom'] as RecordData), ...(input.values['custom'] as RecordData) };
      const draft = newDraft(type, 0, id, before, { ...before, ...input.values, custom }, input.given, []);
      await this.prepare(ctx, tx, type, [draft]);
      if (draft.problems.length > 0) throw new InvalidInput(draft.problems);
      await this.store(ctx, tx, type, before, draft.after);
      await this.behaviours.afterWrite(ctx, tx, type.name, [draft]);
      return this.written(ctx, tx, type, id);
    });
  }

  /** Moves the record to the recycle bin. @param expectedVersion null = whichever it is */
  async remove(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    id: string,
    expectedVersion: number | null = null,
    options: WriteOptions = {},
  ): Promise<void> {
    const type = recordTypeOf(typeName);
    await this.within(options, async (tx) => {
      const before = await this.lock(ctx, tx, type, id, 'delete', 'live');
      await this.mustBeVersion(ctx, tx, type, before, expectedVersion);
      await checkUse(this.database, tx, type, id);
      await this.behaviours.beforeRemove(ctx, tx, type.name, id);
      await this.move(ctx, tx, type, before, new Date().toISOString(), 'delete');
    });
  }

  /** Takes the record out of the recycle bin; whoever may delete it may do so. */
  async restore(
    ctx: RequestContext,
    typeName: string | RecordTypeMeta,
    id: string,
    options: WriteOptions = {},
  ): Promise<RecordData> {
    const type = recordTypeOf(typeName);
    return this.within(options, async (tx) => {
      const before = await this.lock(ctx, tx, type, id, 'delete', 'removed');
      await this.move(ctx, tx, type, before, null, 'restore');
      return this.written(ctx, tx, type, id);
    });
  }

  private within<T>(options: WriteOptions, work: (tx: QueryRunner) => Promise<T>): Promise<T> {
    return options.tx ? work(options.tx) : withTransaction(this.dataSource, work);
  }

  /** @param returning what to read back of each record; null for a batch, which is checked for doubles first */
  private async insert(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    inputs: readonly unknown[],
    returning: string | null,
  ): Promise<{ drafts: Draft[]; rows: TextRow[]; refused: CreateManyResult['refused'] }> {
    const may = this.policy.can(ctx, type, 'create');
    if (may === 'none') throw new NotAllowed({ detail: `You may not create ${type.plural}.` });
    const drafts = this.draft(ctx, type, inputs);
    await this.prepare(ctx, tx, type, drafts.filter(isFine));
    if (returning === null) await findTaken(this.database, tx, type, drafts.filter(isFine));
    const fine = drafts.filter(isFine);
    const rows = fine.length > 0 ? await this.insertFine(ctx, tx, type, fine, returning) : [];
    const refused = drafts.filter((draft) => !isFine(draft));
    return {
      drafts: fine,
      rows,
      refused: refused.map(({ index, problems }) => ({ index, errors: problems })),
    };
  }

  private async insertFine(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    drafts: readonly Draft[],
    returning: string | null,
  ): Promise<TextRow[]> {
    const records = drafts.map(({ after }) => after);
    const rows = await insertRecords(this.database, tx, type, records, returning);
    const entries = drafts.map(({ id, after }) => {
      const names = filledFields(type, after);
      const values = { before: null, after: pick(after, names) };
      const what = { action: 'create', type: type.name, recordId: id, fieldNames: names };
      return { ...what, ...values, isFirstOfSubject: true };
    });
    await this.audit.append(tx, ctx, entries);
    await this.behaviours.afterWrite(ctx, tx, type.name, drafts);
    return rows;
  }

  /** Inputs with their defaults, ids and owner. */
  private draft(ctx: RequestContext, type: RecordTypeMeta, inputs: readonly unknown[]): Draft[] {
    const view = this.views.of(ctx, type);
    const readOnly = this.policy.readOnlyFields(ctx, type);
    const { userId } = ctx.principal;
    const at = new Date().toISOString();
    return inputs.map((input, index) => {
      const parsed = parseInput(view, input, readOnly);
      const id = uuidv7();
      const after: RecordData = {
        ...defaultsOf(type),
        ...withoutNull(parsed.values),
        id,
        createdAt: at,
        createdBy: userId,
        updatedAt: at,
        updatedBy: userId,
        ownerId: parsed.given.has('ownerId') ? parsed.values['ownerId'] : userId,
        version: 1,
        custom: parsed.values['custom'] ?? {},
      };
      const problems = [...parsed.problems, ...ownerProblems(this.policy, ctx, type, after)];
      return newDraft(type, index, id, null, after, parsed.given, problems);
    });
  }

  /** References, behaviours, then what is still missing. */
  private async prepare(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    drafts: readonly Draft[],
  ): Promise<void> {
    if (drafts.length === 0) return;
    const wrong = await checkReferences(this.database, tx, this.reader.scope(ctx), type, drafts);
    for (const [index, problems] of wrong.entries()) drafts[index]?.problems.push(...problems);
    await refuseParts(this.database, this.policy, ctx, tx, type, drafts.filter(isFine));
    await this.behaviours.beforeWrite(ctx, tx, type.name, drafts.filter(isFine));
    const whole = this.views.whole(type);
    for (const draft of drafts.filter(isFine)) draft.problems.push(...missingOf(whole, draft));
  }

  /** The whole record under a row lock, if it may be read; refused where it may not be written. */
  private async lock(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    id: string,
    action: RecordAction,
    place: 'live' | 'removed',
  ): Promise<RecordData> {
    if (!isUuid(id)) throw recordNotFound(type);
    const whole = projectionOf(this.views.whole(type));
    const params: unknown[] = [id];
    const mayRead = this.policy.predicate(ctx, type, 'read', 't', params);
    const mayWrite = this.policy.predicate(ctx, type, action, 't', params);
    const removed = place === 'live' ? 'IS NULL' : 'IS NOT NULL';
    const [row] = await this.database.read(
      `SELECT ${whole.columns}, t."custom", (${mayWrite}) IS TRUE FROM ${type.table} t ` +
        `WHERE t."id" = $1 AND t."deleted_at" ${removed} AND (${mayRead}) FOR UPDATE OF t`,
      params,
      tx,
    );
    if (!row) throw recordNotFound(type);
    if (row[whole.width + 1] !== 't')
      throw new NotAllowed({ detail: `You may not ${action} this ${type.name}.` });
    // all stored custom values, also of fields that are no longer defined: a write must not lose them
    return { ...whole.toRecord(row), custom: JSON.parse(row[whole.width] ?? '{}') as RecordData };
  }

  private async mustBeVersion(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    before: Readonly<RecordData>,
    expectedVersion: number | null,
  ): Promise<void> {
    if (expectedVersion === null || before['version'] === expectedVersion) return;
    throw new StaleVersion(await this.written(ctx, tx, type, String(before['id'])));
  }

  private async store(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    before: Readonly<RecordData>,
    after: RecordData,
  ): Promise<void> {
    const changed = changedFields(type, before, after);
    if (changed.length === 0) return;
    touch(ctx, before, after);
    await updateRecord(tx, type, after, new Set([...changed, 'version', 'updatedAt', 'updatedBy']));
    const values = { before: pick(before, changed), after: pick(after, changed) };
    const what = { action: 'update', type: type.name, recordId: String(before['id']), fieldNames: changed };
    await this.audit.append(tx, ctx, [{ ...what, ...values }]);
  }

  private async move(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    before: Readonly<RecordData>,
    deletedAt: string | null,
    action: 'delete' | 'restore',
  ): Promise<void> {
    const after: RecordData = { ...before, deletedAt };
    touch(ctx, before, after);
    await updateRecord(tx, type, after, new Set(['deletedAt', 'version', 'updatedAt', 'updatedBy']));
    const what = { action, type: type.name, recordId: String(before['id']), fieldNames: [] };
    await this.audit.append(tx, ctx, [{ ...what, before: null, after: null }]);
    await this.behaviours.afterMove(ctx, tx, type.name, { action, id: what.recordId, record: before });
  }

  /** What the caller may see of a record just written; a record that he gave away is still his to see this once. */
  private async written(
    ctx: RequestContext,
    tx: QueryRunner,
    type: RecordTypeMeta,
    id: string,
  ): Promise<RecordData> {
    const projection = projectionOf(this.views.of(ctx, type));
    const sql = `SELECT ${projection.columns} FROM ${type.table} t WHERE t."id" = $1`;
    const [row] = await this.database.read(sql, [id], tx);
    if (!row) throw recordNotFound(type);
    return projection.toRecord(row);
  }
}

const isFine = (draft: Draft): boolean => draft.problems.length === 0;

function newDraft(
  type: RecordTypeMeta,
  index: number,
  id: string,
  before: RecordData | null,
  after: RecordData,
  given: ReadonlySet<string>,
  problems: FieldProblem[],
): Draft {
  const refuse = (path: string, message: string): void => void problems.push({ path, message });
  return { type, index, id, before, after, given, problems, refuse };
}

/** On an update only what was given or set now can be missing: a field made required later blocks nobody. */
function missingOf(view: TypeView, draft: Draft): FieldProblem[] {
  const missing = missingFields(view, draft.after);
  if (!draft.before) return missing;
  const before = new Set(missingFields(view, draft.before).map(({ path }) => path));
  return missing.filter(({ path }) => draft.given.has(path) || !before.has(path));
}

function defaultsOf(type: RecordTypeMeta): RecordData {
  return Object.fromEntries(
    type.fields.flatMap(({ name, defaultValue }) =>
      defaultValue === undefined ? [] : [[name, defaultValue]],
    ),
  );
}

/** An explicit null in a new record leaves the default in place. */
function withoutNull(values: Readonly<RecordData>): RecordData {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
