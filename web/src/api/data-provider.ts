// ra-core's port onto Holdfast's API: keyset cursors instead of page numbers, ETags instead of last-write-wins.
import type { DataProvider, GetListParams, RaRecord } from 'ra-core';
import { request, type RequestOptions } from './http.js';
import type { CrmRecord, FilterNode, Page } from './types.js';

/** What a list may ask for beyond ra-core's own parameters; travels in `meta`. */
export interface ListMeta {
  cursor?: string | undefined;
  q?: string | undefined;
  filter?: FilterNode | undefined;
  /** as the API takes it: `-closeDate,name` */
  sort?: string | undefined;
  fields?: string[] | undefined;
  expand?: string[] | undefined;
  count?: boolean | undefined;
}

interface ListAnswer {
  data: CrmRecord[];
  page: Page;
}

export function listQuery(meta: ListMeta, limit: number): string {
  const query = new URLSearchParams();
  if (meta.filter) query.set('filter', JSON.stringify(meta.filter));
  if (meta.sort) query.set('sort', meta.sort);
  if (meta.fields?.length) query.set('fields', meta.fields.join(','));
  if (meta.cursor) query.set('cursor', meta.cursor);
  if (meta.count) query.set('count', 'capped');
  if (meta.q) query.set('q', meta.q);
  if (meta.expand?.length) query.set('expand', meta.expand.join(','));
  query.set('limit', String(limit));
  return query.toString();
}

function metaOf(params: Partial<GetListParams>): ListMeta {
  const meta = (params.meta ?? {}) as ListMeta;
  if (meta.sort || !params.sort?.field || params.sort.field === 'id') return meta;
  return { ...meta, sort: `${params.sort.order === 'DESC' ? '-' : ''}${params.sort.field}` };
}

async function list(resource: string, meta: ListMeta, limit: number, signal?: AbortSignal) {
  const { body } = await request<ListAnswer>(`/${resource}?${listQuery(meta, limit)}`, { signal });
  return body;
}

const write = async (path: string, options: RequestOptions) =>
  (await request<CrmRecord>(path, options)).body as unknown as RaRecord;

/** an id comes from the address bar: a slash in it is no way to another path */
const segment = (id: unknown) => encodeURIComponent(String(id));
const etag = (version: unknown) => ({ 'If-Match': `"${String(version)}"` });
const longestListOfIds = 100;

async function getMany(resource: string, ids: readonly unknown[], signal?: AbortSignal) {
  const wanted = ids.slice(0, longestListOfIds);
  const filter: FilterNode = { field: 'id', op: 'in', value: wanted };
  return (await list(resource, { filter }, longestListOfIds, signal)).data as unknown as RaRecord[];
}

const provider = {
  supportAbortSignal: true,
  async getList(resource: string, params: GetListParams & { signal?: AbortSignal }) {
    const body = await list(resource, metaOf(params), params.pagination?.perPage ?? 50, params.signal);
    const { nextCursor, count, countCapped } = body.page;
    return {
      data: body.data as unknown as RaRecord[],
      pageInfo: { hasNextPage: nextCursor !== null, hasPreviousPage: false },
      ...(count === undefined ? {} : { total: count }),
      meta: { nextCursor, countCapped: countCapped ?? false },
    };
  },
  async getOne(resource: string, params: { id: unknown; meta?: ListMeta; signal?: AbortSignal }) {
    const expand = params.meta?.expand?.length ? `?expand=${params.meta.expand.join(',')}` : '';
    const path = `/${resource}/${segment(params.id)}${expand}`;
    const { body } = await request<CrmRecord>(path, { signal: params.signal });
    return { data: body as unknown as RaRecord };
  },
  async getMany(resource: string, params: { ids: unknown[]; signal?: AbortSignal }) {
    return { data: await getMany(resource, params.ids, params.signal) };
  },
  async getManyReference(
    resource: string,
    params: GetListParams & { target: string; id: unknown; signal?: AbortSignal },
  ) {
    const filter: FilterNode = { field: params.target, op: 'eq', value: params.id };
    return provider.getList(resource, { ...params, meta: { ...metaOf(params), filter } });
  },
  async create(resource: string, params: { data: unknown }) {
    return { data: await write(`/${resource}`, { method: 'POST', body: params.data }) };
  },
  /** `previousData.version` is what the person saw; the server refuses (412) when somebody was quicker. */
  async update(
    resource: string,
    params: { id: unknown; data: unknown; previousData: { version?: unknown } },
  ) {
    const headers = etag(params.previousData.version);
    const path = `/${resource}/${segment(params.id)}`;
    return { data: await write(path, { method: 'PATCH', body: params.data, headers }) };
  },
  async updateMany(): Promise<never> {
    return Promise.reject(new TypeError('the API changes one record at a time'));
  },
  async delete(resource: string, params: { id: unknown; previousData?: unknown }) {
    await request(`/${resource}/${segment(params.id)}`, { method: 'DELETE' });
    return { data: (params.previousData ?? { id: params.id }) as RaRecord };
  },
  async deleteMany(resource: string, params: { ids: unknown[] }) {
    for (const id of params.ids) await provider.delete(resource, { id });
    return { data: params.ids };
  },
  async restore(resource: string, id: string) {
    await request(`/${resource}/${segment(id)}/restore`, { method: 'POST' });
  },
};

// ra-core's generic signatures promise the caller's own record type; the API cannot know it.
export const dataProvider = provider as unknown as DataProvider & Pick<typeof provider, 'restore'>;
