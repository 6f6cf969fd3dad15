import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { request } from '../../../api/http.js';
import { isProblem } from '../../../api/problem.js';
import { asText, type CrmRecord } from '../../../api/types.js';
import { useTexts } from '../../../i18n/texts.js';
import { problemText } from '../../../records/Failure.js';
import { rememberRecords } from '../../../records/seen-records.js';
import { toast } from '../../../shell/toast-list.js';
import { useStageName, type Stage } from '../stages.js';
import { columnKey, isColumnKey, type BoardQuery } from './board-data.js';
import { undoPatch, withNewer, withOnTop, without, type ColumnPages } from './board-pages.js';

const change = async (deal: CrmRecord, patch: CrmRecord): Promise<CrmRecord> => {
  const headers = { 'If-Match': `"${String(deal.version)}"` };
  const { body } = await request<CrmRecord>(`/deals/${deal.id}`, { method: 'PATCH', body: patch, headers });
  return { ...deal, ...body };
};

/** Changes the columns as they are cached; nothing is asked of the server. */
function useColumnCache(query: BoardQuery) {
  const client = useQueryClient();
  return useCallback(
    (deal: CrmRecord, from: string, to: string) => {
      const edit = (stage: string, how: (pages: ColumnPages | undefined) => ColumnPages | undefined) =>
        client.setQueryData<ColumnPages>(columnKey(query, stage), how);
      if (from === to) edit(to, (pages) => withNewer(pages, deal));
      else {
        edit(from, (pages) => without(pages, deal.id));
        edit(to, (pages) => withOnTop(pages, deal));
      }
    },
    [client, query],
  );
}

/** After a write everything else that shows deals asks again; the columns already show the outcome. */
function useRefresh() {
  const client = useQueryClient();
  return useCallback(
    () => client.invalidateQueries({ predicate: ({ queryKey }) => !isColumnKey(queryKey) }),
    [client],
  );
}

/**
 * Moves a deal to a stage: at once on the screen, then on the server against the version that the person saw. What
 * the server refuses goes back; where somebody was quicker, their version is shown and the person decides again.
 */
export function useMove(query: BoardQuery, stages: readonly Stage[]) {
  const { t } = useTexts();
  const stageName = useStageName();
  const place = useColumnCache(query);
  const refresh = useRefresh();
  return useCallback(
    (deal: CrmRecord, to: string) => {
      const nameOf = (key: string) =>
        stageName(stages.find((stage) => stage.key === key) ?? { key, name: key });
      const attempt = async (before: CrmRecord, patch: CrmRecord, isUndo: boolean): Promise<void> => {
        const from = asText(before['stage']);
        const target = asText(patch['stage']);
        place({ ...before, ...patch }, from, target);
        try {
          const after = await change(before, patch);
          rememberRecords([after]);
          place(after, target, asText(after['stage']));
          announce(before, after, isUndo);
          await refresh();
        } catch (error) {
          await takeBack(error, before, patch);
        }
      };
      const announce = (before: CrmRecord, after: CrmRecord, isUndo: boolean) => {
        const values = { name: asText(after['name']), stage: nameOf(asText(after['stage'])) };
        if (isUndo) toast(t('board.movedBack', values));
        else
          toast(t('board.moved', values), {
            label: t('action.undo'),
            run: () => void attempt(after, undoPatch(before, after), true),
          });
      };
      const takeBack = async (error: unknown, before: CrmRecord, patch: CrmRecord) => {
        const target = asText(patch['stage']);
        const current = isProblem(error) && error.status === 412 ? error.current : undefined;
        const now = current ? { ...before, ...(current as CrmRecord) } : before;
        place(now, target, asText(now['stage']));
        if (!current) toast(problemText(error, t));
        else if (asText(now['stage']) !== target)
          toast(t('board.conflict', { name: asText(now['name']), stage: nameOf(asText(now['stage'])) }), {
            label: t('board.moveAnyway', { stage: nameOf(target) }),
            run: () => void attempt(now, patch, false),
          });
        await refresh();
      };
      if (asText(deal['stage']) !== to) void attempt(deal, { stage: to } as unknown as CrmRecord, false);
    },
    [place, refresh, stages, t, stageName],
  );
}
