import { useId } from 'react';
import type { FieldType, RecordType } from '../../../api/types.js';
import { useTexts } from '../../../i18n/texts.js';
import { useLabels } from '../../../records/values/labels.js';
import { DraftInput } from './DraftInput.js';
import { faultsAt, useDraft } from './draft.js';
import { FaultLines } from './FaultLines.js';
import { defaultOf, needsReason, reasonOf, setReason, setTreatment, treatmentOf } from './policy-draft.js';
import { choicesOf, firstDetail, type Choice, type Treatment } from './treatments.js';

interface Props {
  type: RecordType;
  field: FieldType;
}

const tones: Record<string, string> = { personal: 'warn', confidential: 'warn', special: 'bad' };

/** One field: how it is to be kept, how it leaves, and why where its classification forbids that. */
export function FieldRow({ type, field }: Props) {
  const { t } = useTexts();
  const id = useId();
  const { text, tree, faults, change } = useDraft();
  const treatment = treatmentOf(tree, type.name, field);
  const found = [
    ...faultsAt(faults, `types.${type.name}.fields.${field.path}`),
    ...faultsAt(faults, `types.${type.name}.custom.${field.name}`),
    ...faultsAt(faults, `allow.${type.name}.${field.path}`),
  ];
  const write = (next: Treatment) => {
    change(setTreatment(text, tree, type.name, field, next));
  };
  return (
    <div className={`policy-field ${treatment.choice === 'default' ? '' : 'named'}`}>
      <label htmlFor={id} className="policy-field-name">
        <span className="ellipsis">{useLabels(type).field(field)}</span>
        <span className={`badge ${tones[field.classification] ?? ''}`}>
          {t(`cloud.form.classifications.${field.classification}`)}
        </span>
      </label>
      <TreatmentSelect
        {...{ id, field, treatment, faultId: found.length > 0 ? `${id}-faults` : undefined }}
        whenUnnamed={defaultOf(tree, field)}
        onChoose={(choice) => {
          write({ choice, detail: firstDetail(choice) });
        }}
      />
      <Detail id={`${id}-detail`} treatment={treatment} onWrite={write} />
      {needsReason(tree, field, treatment) && (
        <Reason
          id={`${id}-reason`}
          value={reasonOf(tree, type.name, field)}
          onWrite={(reason) => {
            change(setReason(text, type.name, field, reason));
          }}
        />
      )}
      <FaultLines id={`${id}-faults`} faults={found} />
    </div>
  );
}

interface SelectProps {
  id: string;
  field: FieldType;
  treatment: Treatment;
  whenUnnamed: 'include' | 'omit';
  faultId: string | undefined;
  onChoose: (choice: Choice) => void;
}

function TreatmentSelect({ id, field, treatment, whenUnnamed, faultId, onChoose }: SelectProps) {
  const { t } = useTexts();
  const offered = choicesOf(field);
  const choices = offered.includes(treatment.choice) ? offered : [...offered, treatment.choice];
  const nameOf = (choice: Choice) =>
    choice === 'default'
      ? t('cloud.form.choices.default', { what: t(`cloud.form.choices.${whenUnnamed}`) })
      : t(`cloud.form.choices.${choice.replace(' ', '-')}`);
  return (
    <select
      id={id}
      className="input dense"
      value={treatment.choice}
      aria-invalid={faultId !== undefined}
      aria-describedby={faultId}
      onChange={(event) => {
        onChoose(event.target.value as Choice);
      }}
    >
      {choices.map((choice) => (
        <option key={choice} value={choice} disabled={choice === 'other'}>
          {nameOf(choice)}
        </option>
      ))}
    </select>
  );
}

const measured: Partial<Record<Choice, string>> = {
  'generalise band': 'cloud.form.width',
  'generalise prefix': 'cloud.form.characters',
  pseudonym: 'cloud.form.scope',
};

/** How wide a band is, how long a prefix, within what a pseudonym is the same. */
function Detail({
  id,
  treatment,
  onWrite,
}: {
  id: string;
  treatment: Treatment;
  onWrite: (treatment: Treatment) => void;
}) {
  const { t } = useTexts();
  const label = measured[treatment.choice];
  if (label === undefined) return null;
  return (
    <div className="policy-detail">
      <label htmlFor={id} className="small">
        {t(label)}
      </label>
      <DraftInput
        id={id}
        value={treatment.detail}
        inputMode={treatment.choice === 'pseudonym' ? 'text' : 'decimal'}
        isSame={(words, said) => words.trim() === said || (words !== '' && Number(words) === Number(said))}
        onWrite={(detail) => {
          onWrite({ ...treatment, detail });
        }}
      />
    </div>
  );
}

function Reason({ id, value, onWrite }: { id: string; value: string; onWrite: (reason: string) => void }) {
  const { t } = useTexts();
  return (
    <div className="policy-detail">
      <label htmlFor={id} className="small">
        {t('cloud.form.reason')}
      </label>
      <DraftInput
        id={id}
        value={value}
        required
        maxLength={500}
        aria-invalid={value === ''}
        isSame={(words, said) => words.trim() === said.trim()}
        onWrite={onWrite}
      />
    </div>
  );
}
