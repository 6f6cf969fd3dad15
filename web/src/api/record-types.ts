import { useSuspenseQuery, type QueryClient } from '@tanstack/react-query';
import { request } from './http.js';
import { isReplica } from './session.js';
import type { FieldType, RecordType } from './types.js';

const typesQuery = {
  queryKey: ['record-types'],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await request<{ data: RecordType[] }>('/types', { signal })).body.data,
  staleTime: 5 * 60_000,
};

/** Asks ahead of the first screen; where that fails the screen asks again and shows why. */
export const preloadTypes = (client: QueryClient): Promise<unknown> =>
  client.query(typesQuery).catch((error: unknown) => {
    console.warn(error);
  });

export function useRecordTypes(): RecordType[] {
  return useSuspenseQuery(typesQuery).data;
}

/** The description of one type, or undefined where this person may not know of it. */
export function useRecordType(plural: string): RecordType | undefined {
  return useRecordTypes().find((type) => type.plural === plural);
}

export const fieldNamed = (type: RecordType, path: string): FieldType | undefined =>
  type.fields.find((field) => field.path === path);

export type Action = 'create' | 'update' | 'delete';

/** Whether controls for an action are shown. The server decides again on every request. */
export function may(type: RecordType, action: Action): boolean {
  return !isReplica() && type.can[action] !== 'none';
}
