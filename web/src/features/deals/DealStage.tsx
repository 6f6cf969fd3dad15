import { asText, type CrmRecord } from '../../api/types.js';
import { Badge } from '../../records/values/Badge.js';
import type { FieldInputProps } from '../../records/noun-view.js';
import { useTexts } from '../../i18n/texts.js';
import { useStages } from './stages.js';

/** A deal's stage by the name that its pipeline gives it, in the colour of its status. */
export function DealStage({ record }: { record: CrmRecord }) {
  const { find } = useTexts();
  const stages = useStages();
  const key = asText(record['stage']);
  if (!key) return null;
  const stage = stages.find((each) => each.key === key);
  return <Badge value={asText(record['status'])} label={find(`stages.${key}`) ?? stage?.name ?? key} />;
}

export function StageInput({ id, value, onChange, isInvalid, describedBy }: FieldInputProps) {
  const { t, find } = useTexts();
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
          {find(`stages.${stage.key}`) ?? stage.name}
        </option>
      ))}
    </select>
  );
}
