import { useState } from 'react';
import { fieldNamed } from '../../api/record-types.js';
import type { FieldType, FilterOperator, RecordType } from '../../api/types.js';
import { Button, IconButton } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { ReferenceInput } from '../form/ReferenceInput.js';
import { useLabels } from '../values/labels.js';
import { needsValue, operatorsFor, type Condition } from './list-filter.js';
import type { ListControls } from './use-list-state.js';

const isFilterable = (field: FieldType) => field.filterable && !field.omitted && field.kind !== 'id';

interface RowProps {
  type: RecordType;
  condition: Condition;
  index: number;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ValueInput({ type, condition, onChange, part }: RowProps & { part: 'value' | 'to' }) {
  const { t } = useTexts();
  const labels = useLabels(type);
  const field = fieldNamed(type, condition.field);
  const value = condition[part] ?? '';
  const label = t(part === 'to' ? 'filter.upTo' : 'filter.value');
  const set = (next: string) => {
    onChange({ ...condition, [part]: next });
  };
  if (field?.kind === 'reference' && field.target)
    return (
      <ReferenceInput
        target={field.target}
        label={label}
        value={value || null}
        onChange={(id) => {
          set(id ?? '');
        }}
      />
    );
  if (field?.kind === 'choice' || field?.kind === 'boolean') {
    const options = field.kind === 'boolean' ? ['true', 'false'] : (field.options ?? []);
    const name = (option: string) =>
      field.kind === 'boolean'
        ? t(option === 'true' ? 'value.yes' : 'value.no')
        : labels.option(field, option);
    return (
      <select
        className="input dense"
        aria-label={label}
        value={value}
        onChange={(event) => {
          set(event.target.value);
        }}
      >
        <option value="">{t('form.choose')}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {name(option)}
          </option>
        ))}
      </select>
    );
  }
  const inputTypes: Record<string, string> = {
    date: 'date',
    dateTime: 'datetime-local',
    integer: 'number',
    decimal: 'number',
    money: 'number',
  };
  return (
    <input
      type={inputTypes[field?.kind ?? ''] ?? 'text'}
      step="any"
      className="input dense"
      aria-label={label}
      value={value}
      onChange={(event) => {
        set(event.target.value);
      }}
    />
  );
}

function ConditionRow(props: RowProps) {
  const { type, condition, onChange, onRemove } = props;
  const { t } = useTexts();
  const labels = useLabels(type);
  const field = fieldNamed(type, condition.field);
  const operators = operatorsFor(field?.kind ?? 'text', field?.ops);
  const chooseField = (path: string) => {
    const kind = fieldNamed(type, path)?.kind ?? 'text';
    onChange({ field: path, op: operatorsFor(kind)[0] ?? 'eq', value: '' });
  };
  return (
    <div className="condition">
      <select
        className="input dense"
        aria-label={t('filter.field')}
        value={condition.field}
        onChange={(event) => {
          chooseField(event.target.value);
        }}
      >
        {type.fields.filter(isFilterable).map((each) => (
          <option key={each.path} value={each.path}>
            {labels.field(each)}
          </option>
        ))}
      </select>
      <select
        className="input dense"
        aria-label={t('filter.operator')}
        value={condition.op}
        onChange={(event) => {
          onChange({ ...condition, op: event.target.value as FilterOperator });
        }}
      >
        {operators.map((op) => (
          <option key={op} value={op}>
            {t(`filter.ops.${op}`)}
          </option>
        ))}
      </select>
      {needsValue(condition.op) ? <ValueInput {...props} part="value" /> : <span />}
      <IconButton icon="close" label={t('filter.remove')} onClick={onRemove} />
      {condition.op === 'between' && (
        <div className="condition-to">
          <ValueInput {...props} part="to" />
        </div>
      )}
    </div>
  );
}

function Builder({
  type,
  controls,
  onClose,
}: {
  type: RecordType;
  controls: ListControls;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const start = type.fields.find((field) => isFilterable(field) && type.title.includes(field.name));
  const blank: Condition = { field: start?.path ?? 'ownerId', op: 'contains', value: '' };
  const { conditions: applied } = controls.state;
  const [conditions, setConditions] = useState<Condition[]>(applied.length > 0 ? applied : [blank]);
  const [match, setMatch] = useState(controls.state.match);
  const isDone = (each: Condition) => !needsValue(each.op) || each.value !== '';
  return (
    <Dialog title={t('filter.title')} onClose={onClose}>
      <div className="dialog-body stack">
        <label className="row">
          {t('filter.match')}
          <select
            className="input dense condition-match"
            value={match}
            onChange={(event) => {
              setMatch(event.target.value === 'any' ? 'any' : 'all');
            }}
          >
            <option value="all">{t('filter.all')}</option>
            <option value="any">{t('filter.anyOf')}</option>
          </select>
        </label>
        {conditions.map((condition, index) => (
          <ConditionRow
            key={index}
            type={type}
            condition={condition}
            index={index}
            onChange={(next) => {
              setConditions(conditions.map((each, at) => (at === index ? next : each)));
            }}
            onRemove={() => {
              setConditions(conditions.filter((_, at) => at !== index));
            }}
          />
        ))}
        <div>
          <Button
            icon="plus"
            onClick={() => {
              setConditions([...conditions, blank]);
            }}
          >
            {t('filter.add')}
          </Button>
        </div>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button
          look="primary"
          onClick={() => {
            controls.set({ conditions: conditions.filter(isDone), match });
            onClose();
          }}
        >
          {t('filter.apply')}
        </Button>
      </footer>
    </Dialog>
  );
}

/** Conditions on any field, all or any of which must hold. */
export function FilterBuilder({ type, controls }: { type: RecordType; controls: ListControls }) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const count = controls.state.conditions.length;
  return (
    <>
      <Button
        icon="filter"
        className={count > 0 ? 'active' : ''}
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true);
        }}
      >
        {count > 0 ? t('filter.button', { count }) : t('filter.open')}
      </Button>
      {isOpen && (
        <Builder
          type={type}
          controls={controls}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
