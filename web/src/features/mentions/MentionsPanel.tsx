import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { request } from '../../api/http.js';
import { isReplica } from '../../api/session.js';
import { asText, type CrmRecord } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import { plainText } from './mention-text.js';

interface Mention {
  id: string;
  at: string;
  by: { id: string | null; name: string | null };
  activity: CrmRecord;
}

interface Answer {
  data: Mention[];
  unread: number;
}

const shownRows = 8;
const mentionsKey = ['mentions', 'unread'];

const markRead = (ids?: string[]) =>
  request('/me/mentions/read', { method: 'POST', body: ids ? { ids } : {} });

/** Where the note hangs: that is what somebody wants to see, with the note in its history. */
function pathOf(activity: CrmRecord): string {
  const links = [
    ['dealId', 'deals'],
    ['caseId', 'cases'],
    ['leadId', 'leads'],
    ['contactId', 'contacts'],
    ['accountId', 'accounts'],
  ] as const;
  const link = links.find(([name]) => asText(activity[name]) !== '');
  return link ? `/${link[1]}/${asText(activity[link[0]])}` : `/activities/${activity.id}`;
}

/** The notes in which colleagues named this person, until they are read; nothing where there are none. */
export function MentionsPanel() {
  const { t } = useTexts();
  const format = useFormats();
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: mentionsKey,
    queryFn: async ({ signal }) => {
      const path = `/me/mentions?state=unread&limit=${String(shownRows)}`;
      return (await request<Answer>(path, { signal })).body;
    },
    enabled: !isReplica(),
    retry: false,
  });
  if (!data || data.data.length === 0) return null;
  const read = (ids?: string[]) => {
    void markRead(ids).then(() => client.invalidateQueries({ queryKey: mentionsKey }));
  };
  return (
    <section className="card panel mentions" aria-label={t('home.mentions')}>
      <header className="panel-head row">
        <h2>{t('home.mentions')}</h2>
        <span className="muted">{format.number(data.unread)}</span>
        <span className="grow" />
        <Button
          look="quiet"
          onClick={() => {
            read();
          }}
        >
          {t('home.allRead')}
        </Button>
      </header>
      <ul className="panel-rows">
        {data.data.map(({ id, at, by, activity }) => (
          <li key={id}>
            <Link
              to={pathOf(activity)}
              className="panel-row"
              onClick={() => {
                read([id]);
              }}
            >
              <b>{by.name ?? t('timeline.system')}</b>
              <span className="grow ellipsis">
                {plainText(asText(activity['body']) || asText(activity['subject']))}
              </span>
              <span className="panel-when muted number">
                <When value={at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
