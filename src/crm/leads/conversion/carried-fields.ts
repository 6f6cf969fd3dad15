import type {
  AccessPolicy,
  RecordData,
  RecordTypeMeta,
  RequestContext,
  TypeViews,
} from '../../../records/index.js';

/** Which field of a lead becomes which of the new record. */
const carried: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  account: { name: 'company', website: 'website', country: 'country' },
  contact: {
    ...{ firstName: 'firstName', lastName: 'lastName', jobTitle: 'jobTitle' },
    ...{ email: 'email', phone: 'phone', mobile: 'mobile', description: 'description' },
  },
  deal: {},
};

/**
 * What a new record takes from the lead: fields of the same meaning, custom fields of the same key and kind, tags.
 * Only what the caller may see of the lead and write in the new record; the rest stays with the lead.
 */
export function carriedFields(
  ctx: RequestContext,
  { views, policy }: { views: TypeViews; policy: AccessPolicy },
  types: { lead: RecordTypeMeta; target: RecordTypeMeta },
  lead: Readonly<RecordData>,
): RecordData {
  const view = views.of(ctx, types.target);
  const readOnly = policy.readOnlyFields(ctx, types.target);
  const isOpen = (path: string): boolean => {
    const field = view.field(path);
    return field !== undefined && !field.readOnly && !readOnly.has(path);
  };
  const values: RecordData = {};
  const pairs = { ...carried[types.target.name], tags: 'tags' };
  for (const [to, from] of Object.entries(pairs))
    if (isOpen(to) && (lead[from] ?? null) !== null) values[to] = lead[from];
  const owner = lead['ownerId'];
  // one's own it becomes by itself, also where one may not see any user
  const isOfAnother = typeof owner === 'string' && owner !== ctx.principal.userId;
  if (isOfAnother && isOpen('ownerId') && policy.mayCreateFor(ctx, types.target, owner))
    values['ownerId'] = owner;
  const stored = (lead['custom'] ?? {}) as RecordData;
  const custom = views.of(ctx, types.lead).custom.flatMap(({ name, column, kind }): [string, unknown][] => {
    const isSame = view.field(name)?.kind === kind && isOpen(name);
    return isSame && (stored[column] ?? null) !== null ? [[column, stored[column]]] : [];
  });
  return custom.length > 0 ? { ...values, custom: Object.fromEntries(custom) } : values;
}

/** What was given stands above what was carried. */
export function withGiven(values: RecordData, given: Readonly<RecordData>): RecordData {
  const custom = given['custom'];
  const isMergeable = typeof custom === 'object' && custom !== null && !Array.isArray(custom);
  const merged = isMergeable
    ? { custom: { ...(values['custom'] as RecordData | undefined), ...custom } }
    : {};
  return { ...values, ...given, ...merged };
}
