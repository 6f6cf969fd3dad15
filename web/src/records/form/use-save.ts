import { useQueryClient } from '@tanstack/react-query';
import { useCreate, useUpdate } from 'ra-core';
import { useCallback } from 'react';
import type { CrmRecord, RecordType } from '../../api/types.js';

/**
 * Creates the record, or changes it against the version that the person saw.
 * @throws ApiProblem 412 with `current` when somebody else changed it meanwhile
 */
export function useSave(type: RecordType) {
  const client = useQueryClient();
  const [create] = useCreate();
  const [update] = useUpdate();
  return useCallback(
    async (patch: CrmRecord, record: CrmRecord | undefined): Promise<CrmRecord> => {
      const options = { returnPromise: true, mutationMode: 'pessimistic' } as const;
      const saved: unknown = record
        ? await update(type.plural, { id: record.id, data: patch, previousData: record }, options)
        : await create(type.plural, { data: patch }, options);
      await client.invalidateQueries();
      return saved as CrmRecord;
    },
    [type, client, create, update],
  );
}
