import { useTexts } from '../../i18n/texts.js';
import type { Allowance } from './cloud-api.js';

/** What a policy lets out against its classification, and why; nothing where there is nothing to weigh. */
export function Allowances({ allow }: { allow: readonly Allowance[] | undefined }) {
  const { t } = useTexts();
  if (!allow || allow.length === 0) return null;
  return (
    <section className="allowances small">
      <b>{t('cloud.allowed')}</b>
      <ul>
        {allow.map(({ what, reason }) => (
          <li key={what}>
            <code>{what}</code> {reason}
          </li>
        ))}
      </ul>
    </section>
  );
}
