import { useId } from 'react';
import { useTexts } from '../../../i18n/texts.js';
import { DraftInput } from './DraftInput.js';
import { faultsAt, useDraft } from './draft.js';
import { FaultLines } from './FaultLines.js';
import {
  brakeOf,
  classifications,
  needsReason,
  plainRule,
  reasonOf,
  ruleOf,
  setBrake,
  setReason,
  setRule,
  type Classification,
  type ClassificationRule,
} from './policy-rules.js';

/** What holds for all types: fields that are not named, and how many deletes go without being asked for. */
export function GeneralRules() {
  const { t } = useTexts();
  const { isReadOnly } = useDraft();
  return (
    <details className="policy-rules">
      <summary>{t('cloud.form.general')}</summary>
      <fieldset className="policy-details" disabled={isReadOnly}>
        <legend className="unseen">{t('cloud.form.general')}</legend>
        <fieldset className="policy-fields">
          <legend className="label">{t('cloud.form.unnamed')}</legend>
          {classifications.map((each) => (
            <ClassificationRow key={each} classification={each} />
          ))}
        </fieldset>
        <Brake />
      </fieldset>
    </details>
  );
}

const rules: readonly ClassificationRule[] = ['plain', 'include', 'omit'];

function ClassificationRow({ classification }: { classification: Classification }) {
  const { t } = useTexts();
  const id = useId();
  const { text, tree, faults, change } = useDraft();
  const found = [
    ...faultsAt(faults, `defaults.classification.${classification}`),
    ...faultsAt(faults, `allow.${classification}`),
  ];
  const nameOf = (rule: ClassificationRule) =>
    rule === 'plain'
      ? t('cloud.form.choices.default', { what: t(`cloud.form.choices.${plainRule(classification)}`) })
      : t(`cloud.form.choices.${rule}`);
  return (
    <div className="policy-field">
      <label htmlFor={id} className="policy-field-name">
        {t(`cloud.form.classifications.${classification}`)}
      </label>
      <select
        id={id}
        className="input dense"
        value={ruleOf(tree, classification)}
        aria-invalid={found.length > 0}
        aria-describedby={found.length > 0 ? `${id}-faults` : undefined}
        onChange={(event) => {
          change(setRule(text, classification, event.target.value as ClassificationRule));
        }}
      >
        {rules.map((rule) => (
          <option key={rule} value={rule}>
            {nameOf(rule)}
          </option>
        ))}
      </select>
      {needsReason(tree, classification) && (
        <div className="policy-detail">
          <label htmlFor={`${id}-reason`} className="small">
            {t('cloud.form.reason')}
          </label>
          <DraftInput
            id={`${id}-reason`}
            value={reasonOf(tree, classification)}
            required
            maxLength={500}
            aria-invalid={reasonOf(tree, classification) === ''}
            isSame={(words, said) => words.trim() === said.trim()}
            onWrite={(reason) => {
              change(setReason(text, classification, reason));
            }}
          />
        </div>
      )}
      <FaultLines id={`${id}-faults`} faults={found} />
    </div>
  );
}

function Brake() {
  const { t } = useTexts();
  const id = useId();
  const { text, tree, faults, change } = useDraft();
  const found = faultsAt(faults, 'brake');
  return (
    <div className="field">
      <label htmlFor={id}>{t('cloud.form.brake')}</label>
      <DraftInput
        id={id}
        value={brakeOf(tree)}
        inputMode="numeric"
        aria-invalid={found.length > 0}
        aria-describedby={found.length > 0 ? `${id}-faults` : `${id}-hint`}
        isSame={(words, said) => words.trim() === said}
        onWrite={(words) => {
          change(setBrake(text, words));
        }}
      />
      <FaultLines id={`${id}-faults`} faults={found} />
      <p id={`${id}-hint`} className="muted small">
        {t('cloud.form.brakeHint')}
      </p>
    </div>
  );
}
