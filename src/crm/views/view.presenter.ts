import type { FieldProblem, InvalidInput } from '../../platform/errors/index.js';
import type { RequestContext, TypeView } from '../../records/index.js';
import type { Sharing, StoredView, ViewLayout } from './view.store.js';

export interface SavedView {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly filter: unknown;
  readonly sort: string | null;
  readonly columns: readonly string[];
  readonly layout: ViewLayout;
  readonly sharedWith: Sharing;
  readonly isDefault: boolean;
  readonly isOwn: boolean;
  readonly owner: { readonly id: string; readonly name: string | null };
  readonly position: number;
  readonly version: number;
  /** it names fields that are gone, or that the reader may not see */
  readonly broken: boolean;
  /** its owner hears what is wrong */
  readonly problems: readonly FieldProblem[];
}

/**
 * A view as its reader may know it. Where it names a field that he may not see, or that is gone, nobody but its owner
 * sees its filter and order, and the columns are those that he may see: a shared view must not tell of hidden fields.
 */
export function presentView(
  ctx: RequestContext,
  view: StoredView,
  typeView: TypeView,
  problems: InvalidInput | null,
): SavedView {
  const { ownerId, ownerName, ...content } = view;
  const isOwn = ownerId === ctx.principal.userId;
  const isWithheld = problems !== null && !isOwn;
  return {
    ...content,
    ...(isWithheld ? { filter: null, sort: null } : {}),
    columns: isOwn ? view.columns : view.columns.filter((path) => typeView.field(path)),
    isOwn,
    owner: { id: ownerId, name: ownerName },
    broken: problems !== null,
    problems: isOwn ? (problems?.errors ?? []) : [],
  };
}
