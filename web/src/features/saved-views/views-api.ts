import { useQuery } from '@tanstack/react-query';
import { request } from '../../api/http.js';
import type { FilterNode } from '../../api/types.js';

export type SharedWith = 'nobody' | 'everyone' | string[];

export interface ViewContent {
  name: string;
  filter: FilterNode | null;
  sort: string | null;
  columns: string[];
  layout: 'table' | 'board';
  sharedWith: SharedWith;
  isDefault: boolean;
}

export interface SavedView extends ViewContent {
  id: string;
  type: string;
  isOwn: boolean;
  owner: { id: string; name: string | null };
  version: number;
  /** names fields that are gone, or that this person may not see */
  broken: boolean;
}

export const viewsKey = 'saved-views';

export function useViews(type: string): SavedView[] | undefined {
  return useQuery({
    queryKey: [viewsKey, type],
    queryFn: async ({ signal }) =>
      (await request<{ data: SavedView[] }>(`/views?type=${type}`, { signal })).body.data,
    staleTime: 60_000,
    retry: false,
  }).data;
}

export const createView = async (type: string, content: ViewContent) =>
  (await request<SavedView>('/views', { method: 'POST', body: { type, ...content } })).body;

export const changeView = async (view: SavedView, patch: Partial<ViewContent>) =>
  (
    await request<SavedView>(`/views/${view.id}`, {
      method: 'PATCH',
      body: patch,
      headers: { 'If-Match': `"${String(view.version)}"` },
    })
  ).body;

export const removeView = (view: SavedView) => request(`/views/${view.id}`, { method: 'DELETE' });
