import { Icon } from '../../design/Icon.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import type { PolicyCheck, PolicyFault } from './cloud-api.js';
import { PolicyComparison } from './PolicyComparison.js';
import { TryRecord } from './TryRecord.js';
import { useTypeName } from './use-type-name.js';

function Faults({ faults, onGo }: { faults: PolicyFault[]; onGo: (line: number) => void }) {
  const { t } = useTexts();
  return (
    <div role="alert">
      <ul className="faults">
        {faults.map((fault) => (
          <li key={`${String(fault.line)}${fault.path}${fault.message}`} className="notice bad">
            <Icon name="warning" isSmall />
            <span>
              {fault.line !== null && (
                <button
                  type="button"
                  className="link"
                  onClick={() => {
                    onGo(fault.line ?? 1);
                  }}
                >
                  {t('cloud.line', { line: fault.line })}
                </button>
              )}{' '}
              {fault.message}
              {fault.suggestion && ` ${t('cloud.suggestion', { suggestion: fault.suggestion })}`}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Counts({ check }: { check: PolicyCheck }) {
  const { t } = useTexts();
  const format = useFormats();
  const typeName = useTypeName();
  return (
    <ul className="preview">
      {check.counts.map((count) => (
        <li key={count.type}>
          <span>{typeName(count.type)}</span>
          <span>{t('cloud.goes', { count: count.included ?? 0 })}</span>
          <span className="muted">{t('cloud.stays', { number: format.number(count.withheld ?? 0) })}</span>
        </li>
      ))}
    </ul>
  );
}

interface Props {
  yaml: string;
  check: PolicyCheck | undefined;
  /** to a line of the text */
  onGo: (line: number) => void;
}

/** What the policy that is being written would do: what is wrong with it, else how much goes, enters and leaves. */
export function PolicyEffect({ yaml, check, onGo }: Props) {
  const { t } = useTexts();
  return (
    <section className="policy-effect stack">
      <h3>{t('cloud.effect')}</h3>
      {check && !check.ok && <Faults faults={check.errors} onGo={onGo} />}
      {check?.ok && (
        <div className="policy-effect-parts">
          <Counts check={check} />
          <div className="stack">
            <PolicyComparison yaml={yaml} />
            <TryRecord yaml={yaml} />
          </div>
        </div>
      )}
    </section>
  );
}
