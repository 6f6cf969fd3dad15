import { asText, type CrmRecord } from '../../api/types.js';
import { Badge } from '../../records/values/Badge.js';
import type { FieldInputProps } from '../../records/noun-view.js';
import { useTexts } from '../../i18n/texts.js';
import { useStageName, useStages } from './stages.js';

/** A deal's stage by the name that its pipeline gives it, in the colour of its status. */
export function DealStage({ record }: { record: CrmRecord }) {
  const nameOf = useStageName();
  const stages = useStages().filter((each) => each.key === record['stage']);
  const key = asText(record['stage']);
  if (!key) return null;
  const stage = stages.find((each) => each.pipelineId === record['pipelineId']) ?? stages[0];
  return <Badge value={asText(record['status'])} label={nameOf(stage ?? { key, name: key })} />;
}

export function StageInput({ id, value, onChange, isInvalid, describedBy }: FieldInputProps) {
  const { t } = useTexts();
  const nameOf = useStageName();
  const stages = useStages();
  return (
    <select
      id={id}
      className="input"
      value={asText(value)}
      aria-invalid={isInvalid}
      aria-describedby={describedBy}
      onChange={(event) => {
        onChange(event.target.value || null);
      }}
    >
      <option value="">{t('form.choose')}</option>
      {stages.map((stage) => (
        <option key={stage.id} value={stage.key}>
          {nameOf(stage)}
        </option>
      ))}
    </select>
  );
}
