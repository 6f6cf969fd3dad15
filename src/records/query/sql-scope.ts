import type { RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { AccessPolicy } from '../ports/access-policy.js';
import type { TypeView } from '../view/type-view.js';
import type { TypeViews } from '../view/type-views.service.js';

/** One statement in the making: its parameters, and what its principal may see of which type. */
export class SqlScope {
  readonly params: unknown[] = [];
  private aliases = 0;

  constructor(
    private readonly ctx: RequestContext,
    private readonly policy: AccessPolicy,
    private readonly views: TypeViews,
  ) {}

  /** the placeholder of a value */
  bind(value: unknown): string {
    return `$${String(this.params.push(value))}`;
  }

  view(type: RecordTypeMeta): TypeView {
    return this.views.of(this.ctx, type);
  }

  /** SQL: the row is live and this principal may read it */
  visible(type: RecordTypeMeta, alias: string): string {
    const may = this.policy.predicate(this.ctx, type, 'read', alias, this.params);
    return `${alias}."deleted_at" IS NULL AND ${may === 'TRUE' ? 'TRUE' : `(${may})`}`;
  }

  nextAlias(): string {
    return `h${String(++this.aliases)}`;
  }
}
