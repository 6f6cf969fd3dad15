import { useQuery } from '@tanstack/react-query';
import { request } from '../../api/http.js';

export interface Tag {
  id: string;
  name: string;
  /** `#rrggbb` */
  colour: string | null;
  version: number;
}

export const tagsKey = 'tags';
const suggested = 20;
/** The server answers no more at once. */
export const mostTags = 200;
export const longestTag = 60;

export async function findTags(q: string, limit: number, signal: AbortSignal): Promise<Tag[]> {
  const query = new URLSearchParams({ limit: String(limit), ...(q ? { q } : {}) });
  return (await request<{ data: Tag[] }>(`/tags?${query.toString()}`, { signal })).body.data;
}

/** The tags that begin with what was typed. */
export function useTagSuggestions(q: string, isWanted: boolean, limit = suggested): Tag[] {
  const { data } = useQuery({
    queryKey: [tagsKey, q, limit],
    queryFn: ({ signal }) => findTags(q, limit, signal),
    enabled: isWanted,
    staleTime: 30_000,
    placeholderData: (previous) => previous,
    retry: false,
  });
  return data ?? [];
}

/** The colour of each tag that has one. */
export function useTagColours(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: [tagsKey, '', mostTags],
    queryFn: ({ signal }) => findTags('', mostTags, signal),
    staleTime: 5 * 60_000,
    retry: false,
    select: (tags) =>
      new Map(tags.flatMap(({ name, colour }): [string, string][] => (colour ? [[name, colour]] : []))),
  });
  return data ?? noColours;
}

const noColours: ReadonlyMap<string, string> = new Map();

export const tagList = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
