import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { Button } from '../../design/Button.js';
import { Icon } from '../../design/Icon.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { toast } from '../../shell/toast-list.js';
import { checkPolicy, proposePolicy, type Policy, type PolicyCheck, type PolicyFault } from './cloud-api.js';
import { PolicyComparison } from './PolicyComparison.js';
import { TryRecord } from './TryRecord.js';
import { useAcknowledged } from './use-acknowledged.js';
import { useTypeName } from './use-type-name.js';

const waitMs = 400;

/** Checks what is written, shortly after the person stops writing. */
function useCheck(yaml: string): PolicyCheck | undefined {
  const [settled, setSettled] = useState(yaml);
  useEffect(() => {
    const timer = setTimeout(setSettled, waitMs, yaml);
    return () => {
      clearTimeout(timer);
    };
  }, [yaml]);
  const { data } = useQuery({
    queryKey: ['cloud', 'check', settled],
    queryFn: ({ signal }) => checkPolicy(settled, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  return data;
}

function Faults({ faults, onGo }: { faults: PolicyFault[]; onGo: (line: number) => void }) {
  const { t } = useTexts();
  return (
    <ul className="faults" role="alert">
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
  );
}

function Preview({ check }: { check: PolicyCheck }) {
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

function selectLine(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split('\n');
  const from = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
}

/** A changed policy is proposed here and comes into force when it is approved. */
export function PolicyEditor({ policy, onClose }: { policy: Policy; onClose: () => void }) {
  const { t } = useTexts();
  const id = useId();
  const [yaml, setYaml] = useState(policy.yaml);
  const [reason, setReason] = useState('');
  const check = useCheck(yaml);
  const [attempt, warnings] = useAcknowledged();
  const propose = () =>
    attempt(
      (acknowledged) => proposePolicy(yaml, reason, acknowledged),
      () => {
        toast(t('cloud.proposed'));
        onClose();
      },
    );
  const isReady = check?.ok === true && yaml !== policy.yaml && reason.trim() !== '';
  return (
    <div className="policy-editor">
      <div className="field">
        <label htmlFor={`${id}-yaml`}>{t('cloud.yaml')}</label>
        <textarea
          id={`${id}-yaml`}
          className="input yaml-input"
          spellCheck={false}
          value={yaml}
          aria-invalid={check?.ok === false}
          onChange={(event) => {
            setYaml(event.target.value);
          }}
        />
      </div>
      <div className="stack">
        <h3>{t('cloud.effect')}</h3>
        {check && !check.ok && (
          <Faults
            faults={check.errors}
            onGo={(line) => {
              const area = document.getElementById(`${id}-yaml`);
              if (area instanceof HTMLTextAreaElement) selectLine(area, line);
            }}
          />
        )}
        {check?.ok && <Preview check={check} />}
        {check?.ok && <PolicyComparison yaml={yaml} />}
        {check?.ok && <TryRecord yaml={yaml} />}
        {warnings}
        <div className="field">
          <label htmlFor={`${id}-reason`}>{t('cloud.reason')}</label>
          <input
            id={`${id}-reason`}
            className="input"
            value={reason}
            onChange={(event) => {
              setReason(event.target.value);
            }}
          />
        </div>
        <div className="row">
          <Button look="primary" disabled={!isReady} onClick={() => void propose()}>
            {t('cloud.send')}
          </Button>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
        </div>
      </div>
    </div>
  );
}
