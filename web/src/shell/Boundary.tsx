import { Component, type ReactNode } from 'react';
import { isProblem } from '../api/problem.js';
import { Button } from '../design/Button.js';
import { EmptyState } from '../design/EmptyState.js';
import { currentTexts } from '../i18n/texts.js';
import { ShellSkeleton } from './ShellSkeleton.js';
import { Suspense } from 'react';

interface State {
  error: Error | null;
}

/** The last net: a screen that broke says so and offers to load again, instead of a white page. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    const { t } = currentTexts();
    if (!error) return <Suspense fallback={<ShellSkeleton />}>{this.props.children}</Suspense>;
    const hint = isProblem(error) && error.status === 0 ? t('error.unreachable') : t('error.brokenHint');
    return (
      <EmptyState title={t('error.broken')} hint={hint}>
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
}
