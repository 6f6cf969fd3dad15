import type { PolicyFault } from '../cloud-api.js';
import { useTexts } from '../../../i18n/texts.js';

/** What the server has against one place, beneath it. */
export function FaultLines({ id, faults }: { id: string; faults: readonly PolicyFault[] }) {
  const { t } = useTexts();
  if (faults.length === 0) return null;
  return (
    <ul id={id} className="policy-fault small">
      {faults.map(({ path, message, suggestion }) => (
        <li key={path + message}>
          {message} {suggestion && t('cloud.suggestion', { suggestion })}
        </li>
      ))}
    </ul>
  );
}
