import { useId, useState } from 'react';
import type { RecordType } from '../../../api/types.js';
import { IconButton } from '../../../design/Button.js';
import { useTexts } from '../../../i18n/texts.js';
import type { PolicyType } from '../cloud-api.js';
import { useTypeName } from '../use-type-name.js';
import { faultsAt, useDraft } from './draft.js';
import { FieldRow } from './FieldRow.js';
import { FilesEditor } from './FilesEditor.js';
import { FilterEditor } from './FilterEditor.js';
import { FollowsEditor } from './FollowsEditor.js';
import { isIncluded, nameableFields, setIncluded } from './policy-draft.js';

interface Props {
  type: RecordType;
  count: PolicyType | undefined;
}

/** One type of records: whether it goes, and behind a button what of it. */
export function TypeEntry({ type, count }: Props) {
  const { t } = useTexts();
  const typeName = useTypeName();
  const id = useId();
  const { text, tree, faults, isReadOnly, change } = useDraft();
  const [isOpen, setOpen] = useState(false);
  const isIn = isIncluded(tree, type.name);
  const name = typeName(type.name);
  const faultCount = faultsAt(faults, `types.${type.name}`).length;
  return (
    <li className="policy-type">
      <div className="row">
        <label className="check grow">
          <input
            type="checkbox"
            checked={isIn}
            disabled={isReadOnly}
            onChange={(event) => {
              change(setIncluded(text, tree, type.name, event.target.checked));
              setOpen(event.target.checked);
            }}
          />
          <span className="ellipsis">{name}</span>
        </label>
        {faultCount > 0 && (
          <span className="badge bad">{t('cloud.form.faultCount', { count: faultCount })}</span>
        )}
        <span className="muted small">
          {isIn ? count && t('cloud.goes', { count: count.included ?? 0 }) : t('cloud.form.staysHome')}
        </span>
        <IconButton
          icon={isOpen && isIn ? 'up' : 'down'}
          label={t('cloud.form.details', { type: name })}
          aria-expanded={isOpen && isIn}
          aria-controls={isOpen && isIn ? id : undefined}
          disabled={!isIn}
          onClick={() => {
            setOpen(!isOpen);
          }}
        />
      </div>
      {isOpen && isIn && <TypeDetails id={id} type={type} name={name} />}
    </li>
  );
}

function TypeDetails({ id, type, name }: { id: string; type: RecordType; name: string }) {
  const { t } = useTexts();
  const { isReadOnly } = useDraft();
  return (
    <fieldset id={id} className="policy-details" disabled={isReadOnly}>
      <legend className="unseen">{name}</legend>
      <FollowsEditor type={type} />
      <FilterEditor type={type} />
      <fieldset className="policy-fields">
        <legend className="label">{t('cloud.form.fields')}</legend>
        {nameableFields(type).map((field) => (
          <FieldRow key={field.path} type={type} field={field} />
        ))}
      </fieldset>
      <FilesEditor type={type} />
    </fieldset>
  );
}
