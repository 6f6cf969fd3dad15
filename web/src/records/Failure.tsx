import { isProblem } from '../api/problem.js';
import { Button } from '../design/Button.js';
import { EmptyState } from '../design/EmptyState.js';
import { useTexts, type Translate } from '../i18n/texts.js';

/** What went wrong, in words a person can act on; the request id is for whoever reads the log. */
export function problemText(error: unknown, t: Translate): string {
  if (!isProblem(error)) return t('error.unknown');
  if (error.status === 0) return t('error.unreachable');
  if (error.status === 403) return t('error.forbidden');
  if (error.status === 404) return t('error.notFoundHint');
  if (error.code === 'search_too_broad') return t('search.tooBroad');
  if (error.status === 405) return t('replica.readOnly');
  const first = error.errors[0];
  return first ? `${first.path}: ${first.message}` : error.message;
}

export function Failure({ error }: { error: unknown }) {
  const { t } = useTexts();
  const requestId = isProblem(error) ? error.requestId : undefined;
  return (
    <EmptyState title={t('error.title')} hint={problemText(error, t)}>
      {requestId && <p className="small">{t('error.request', { id: requestId })}</p>}
      <Button
        icon="reload"
        onClick={() => {
          window.location.reload();
        }}
      >
        {t('action.reload')}
      </Button>
    </EmptyState>
  );
}
