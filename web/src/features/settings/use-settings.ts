import { useQueryClient } from '@tanstack/react-query';
import { request } from '../../api/http.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { toast } from '../../shell/toast-list.js';

interface Versioned {
  id: string;
  version: number;
}

export const changeSetting = (plural: string, { id, version }: Versioned, patch: object) =>
  request(`/${plural}/${id}`, {
    method: 'PATCH',
    body: patch,
    headers: { 'If-Match': `"${String(version)}"` },
  });

/** Does something to a setting, shows the outcome everywhere, and says why where the server refuses. */
export function useSettings() {
  const { t } = useTexts();
  const client = useQueryClient();
  return async (action: () => Promise<unknown>): Promise<boolean> => {
    try {
      await action();
      return true;
    } catch (error) {
      toast(problemText(error, t));
      return false;
    } finally {
      await client.invalidateQueries();
    }
  };
}
