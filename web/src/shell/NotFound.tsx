import { Link } from 'react-router';
import { EmptyState } from '../design/EmptyState.js';
import { useTexts } from '../i18n/texts.js';

export function NotFound() {
  const { t } = useTexts();
  return (
    <div className="page">
      <EmptyState title={t('error.notFound')} hint={t('error.notFoundHint')}>
        <Link to="/" className="button">
          {t('nav.home')}
        </Link>
      </EmptyState>
    </div>
  );
}
