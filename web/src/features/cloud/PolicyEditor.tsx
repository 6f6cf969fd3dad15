import './policy-editor.css';
import { useId, useState } from 'react';
import { flushSync } from 'react-dom';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { toast } from '../../shell/toast-list.js';
import { proposePolicy, usePolicyVersions, type Policy } from './cloud-api.js';
import { PolicyEffect } from './PolicyEffect.js';
import { PolicySides, type Side } from './PolicySides.js';
import { setAt } from './policy-form/change-text.js';
import { PolicyForm } from './policy-form/PolicyForm.js';
import { readPolicy } from './policy-form/policy-text.js';
import { useAcknowledged } from './use-acknowledged.js';
import { usePolicyCheck } from './use-policy-check.js';

function goToLine(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split('\n');
  const from = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
}

/** A proposal needs a number above every version there was; nobody should have to look for it. */
function useNextText(policy: Policy): string {
  const known = (usePolicyVersions().data ?? []).map(({ version }) => version);
  const [text] = useState(() =>
    readPolicy(policy.yaml).ok
      ? setAt(policy.yaml, ['version'], Math.max(policy.version, ...known) + 1)
      : policy.yaml,
  );
  return text;
}

function TextSide({
  id,
  yaml,
  isFaulty,
  onChange,
}: {
  id: string;
  yaml: string;
  isFaulty: boolean;
  onChange: (yaml: string) => void;
}) {
  const { t } = useTexts();
  return (
    <div className="field policy-text">
      <label htmlFor={id}>{t('cloud.yaml')}</label>
      <textarea
        id={id}
        className="input yaml-input"
        spellCheck={false}
        value={yaml}
        aria-invalid={isFaulty}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </div>
  );
}

interface Props {
  policy: Policy;
  onClose: () => void;
}

/** A changed policy is proposed here, by form or by text, and comes into force when it is approved. */
export default function PolicyEditor({ policy, onClose }: Props) {
  const id = useId();
  const first = useNextText(policy);
  const [yaml, setYaml] = useState(first);
  const [side, setSide] = useState<Side>('form');
  const check = usePolicyCheck(yaml);
  return (
    <div className="policy-editor">
      <PolicySides
        id={id}
        side={side}
        onChoose={setSide}
        panels={{
          form: <PolicyForm text={yaml} check={check} onChange={setYaml} />,
          text: <TextSide id={`${id}-yaml`} yaml={yaml} isFaulty={check?.ok === false} onChange={setYaml} />,
        }}
      />
      <PolicyEffect
        yaml={yaml}
        check={check}
        onGo={(line) => {
          flushSync(() => {
            setSide('text');
          });
          const area = document.getElementById(`${id}-yaml`);
          if (area instanceof HTMLTextAreaElement) goToLine(area, line);
        }}
      />
      <Proposal yaml={yaml} isReady={check?.ok === true && yaml !== first} onClose={onClose} />
    </div>
  );
}

function Proposal({ yaml, isReady, onClose }: { yaml: string; isReady: boolean; onClose: () => void }) {
  const { t } = useTexts();
  const id = useId();
  const [reason, setReason] = useState('');
  const [attempt, warnings] = useAcknowledged();
  const propose = () =>
    attempt(
      (acknowledged) => proposePolicy(yaml, reason, acknowledged),
      () => {
        toast(t('cloud.proposed'));
        onClose();
      },
    );
  return (
    <div className="policy-proposal">
      {warnings}
      <div className="field grow">
        <label htmlFor={id}>{t('cloud.reason')}</label>
        <input
          id={id}
          className="input"
          value={reason}
          onChange={(event) => {
            setReason(event.target.value);
          }}
        />
      </div>
      <div className="row">
        <Button look="primary" disabled={!isReady || reason.trim() === ''} onClick={() => void propose()}>
          {t('cloud.send')}
        </Button>
        <Button onClick={onClose}>{t('action.cancel')}</Button>
      </div>
    </div>
  );
}
