import { useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from '../../api/http.js';
import { isReplica } from '../../api/session.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { toast } from '../../shell/toast-list.js';
import { followingKey } from './following-key.js';

interface Followers {
  data: { name: string | null }[];
  following: boolean;
}

/** Follows a record or stops doing so; who follows it is in the tooltip. */
export function FollowButton({ type, record }: { type: RecordType; record: CrmRecord }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const path = `/${type.plural}/${record.id}`;
  const key = ['followers', record.id];
  const { data } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      return (await request<Followers>(`${path}/followers?limit=10`, { signal })).body;
    },
    enabled: !isReplica(),
    staleTime: 30_000,
    retry: false,
  });
  if (isReplica() || !data) return null;
  const { following } = data;
  const toggle = async () => {
    client.setQueryData(key, { ...data, following: !following });
    try {
      await request(`${path}/follow`, { method: following ? 'DELETE' : 'PUT' });
    } catch (error) {
      toast(problemText(error, t));
    }
    await Promise.all([
      client.invalidateQueries({ queryKey: key }),
      client.invalidateQueries({ queryKey: followingKey }),
    ]);
  };
  const names = data.data.flatMap(({ name }) => (name ? [name] : []));
  return (
    <Button
      look="quiet"
      className={following ? 'active' : ''}
      aria-pressed={following}
      title={names.length > 0 ? t('follow.by', { names: names.join(', ') }) : t('follow.hint')}
      onClick={() => void toggle()}
    >
      {t('follow.follow')}
    </Button>
  );
}
