import { asText, type FieldType, type Money, type RecordType } from '../../api/types.js';
import { TagsInput } from '../../features/tags/TagsInput.js';
import { useTimeZone } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { fromZonedInput, toZonedInput } from '../../i18n/zoned.js';
import type { FieldInputProps } from '../noun-view.js';
import { useLabels } from '../values/labels.js';
import { CurrencySelect } from './CurrencySelect.js';
import { ReferenceInput } from './ReferenceInput.js';

interface Props extends FieldInputProps {
  type: RecordType;
  field: FieldType;
  label: string;
  /** title of the record that a reference points to now */
  linkedTitle?: string | undefined;
}

function MoneyInput({ id, value, onChange, isInvalid, describedBy }: Props) {
  const money = (value ?? { amount: '', currency: 'USD' }) as Money;
  const set = (amount: string, currency: string) => {
    onChange(amount === '' ? null : { amount, currency });
  };
  return (
    <div className="row">
      <input
        id={id}
        className="input number"
        inputMode="decimal"
        value={money.amount}
        aria-invalid={isInvalid}
        aria-describedby={describedBy}
        onChange={(event) => {
          set(event.target.value.replace(',', '.').trim(), money.currency);
        }}
      />
      <CurrencySelect
        value={money.currency}
        onChange={(currency) => {
          set(money.amount, currency);
        }}
      />
    </div>
  );
}

function SelectInput({ id, field, type, value, onChange, isInvalid, describedBy }: Props) {
  const { t } = useTexts();
  const labels = useLabels(type);
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
      {!(field.required && value) && <option value="">{t('form.choose')}</option>}
      {(field.options ?? []).map((option) => (
        <option key={option} value={option}>
          {field.custom ? option : labels.option(field, option)}
        </option>
      ))}
    </select>
  );
}

function YesNoInput({ id, field, value, onChange, isInvalid, describedBy }: Props) {
  const { t } = useTexts();
  return (
    <select
      id={id}
      className="input"
      value={value === null || value === undefined ? '' : asText(value)}
      aria-invalid={isInvalid}
      aria-describedby={describedBy}
      onChange={(event) => {
        onChange(event.target.value === '' ? null : event.target.value === 'true');
      }}
    >
      {!field.required && <option value="">–</option>}
      <option value="true">{t('value.yes')}</option>
      <option value="false">{t('value.no')}</option>
    </select>
  );
}

const inputTypes: Partial<Record<string, string>> = {
  email: 'email',
  phone: 'tel',
  url: 'url',
  date: 'date',
  dateTime: 'datetime-local',
};

function TextInput({ id, field, value, onChange, isInvalid, describedBy }: Props) {
  const timeZone = useTimeZone();
  const isTime = field.kind === 'dateTime';
  const isNumber = field.kind === 'integer' || field.kind === 'decimal';
  const shown = value === null || value === undefined ? '' : asText(value);
  const parse = (text: string): unknown => {
    if (text === '') return null;
    if (isTime) return fromZonedInput(text, timeZone);
    return field.kind === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
  };
  return (
    <input
      id={id}
      className="input"
      type={inputTypes[field.kind] ?? 'text'}
      {...(isNumber ? { inputMode: 'decimal' as const } : {})}
      value={isTime && shown ? toZonedInput(shown, timeZone) : shown}
      aria-invalid={isInvalid}
      aria-describedby={describedBy}
      aria-required={field.required}
      onChange={(event) => {
        onChange(parse(event.target.value));
      }}
    />
  );
}

/** The input that a field's kind calls for. */
export function FieldInput(props: Props) {
  const { id, field, label, value, onChange, isInvalid, describedBy } = props;
  switch (field.kind) {
    case 'tags':
      return <TagsInput {...props} />;
    case 'money':
      return <MoneyInput {...props} />;
    case 'choice':
      return <SelectInput {...props} />;
    case 'boolean':
      return <YesNoInput {...props} />;
    case 'reference':
      return (
        <ReferenceInput
          id={id}
          target={field.target ?? ''}
          label={label}
          value={(value as string | null) ?? null}
          title={props.linkedTitle}
          isInvalid={isInvalid}
          describedBy={describedBy}
          onChange={onChange}
        />
      );
    case 'longText':
      return (
        <textarea
          id={id}
          className="input"
          value={asText(value)}
          aria-invalid={isInvalid}
          aria-describedby={describedBy}
          onChange={(event) => {
            onChange(event.target.value || null);
          }}
        />
      );
    default:
      return <TextInput {...props} />;
  }
}
