import './form.css';
import { useMemo, useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useNavigate } from 'react-router';
import { isProblem } from '../../api/problem.js';
import type { CrmRecord, FieldType, Linked, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { toast } from '../../shell/toast-list.js';
import { problemText } from '../Failure.js';
import type { NounView } from '../noun-view.js';
import { titleOf } from '../title.js';
import { useLabels } from '../values/labels.js';
import { ConflictDialog } from './ConflictDialog.js';
import { FieldInput } from './FieldInput.js';
import {
  checkValue,
  formGroups,
  inputName,
  sortProblems,
  toFormValues,
  toPatch,
  type FormValues,
} from './form-values.js';
import { useSave } from './use-save.js';

interface Props {
  type: RecordType;
  view: NounView;
  /** absent: a new record */
  record?: CrmRecord;
  /** values that a new record starts with */
  preset?: Record<string, unknown>;
  onClose: () => void;
}

interface Conflict {
  patch: CrmRecord;
  current: CrmRecord;
}

function useRecordForm({ type, view, record, preset, onClose }: Props) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const save = useSave(type);
  const groups = useMemo(() => formGroups(type, view), [type, view]);
  const fields = useMemo(() => groups.flatMap((group) => group.fields), [groups]);
  const form = useForm<FormValues>({ defaultValues: { ...toFormValues(fields, record), ...preset } });
  const [failure, setFailure] = useState<string | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const onProblem = (error: unknown, patch: CrmRecord) => {
    if (!isProblem(error)) throw error;
    if (error.status === 412 && error.current) {
      setConflict({ patch, current: error.current as CrmRecord });
      return;
    }
    const { byField, rest } = sortProblems(fields, error.errors);
    for (const { field, message } of byField)
      form.setError(inputName(field), { message }, { shouldFocus: true });
    if (rest.length > 0) setFailure(rest.map((problem) => `${problem.path}: ${problem.message}`).join('; '));
    else if (byField.length === 0) setFailure(problemText(error, t));
  };
  const send = async (patch: CrmRecord, base: CrmRecord | undefined) => {
    setFailure(null);
    setConflict(null);
    try {
      const saved = await save(patch, base);
      toast(t(base ? 'form.saved' : 'form.created', { name: titleOf(type, saved) }));
      onClose();
      if (!base) void navigate(`/${type.plural}/${saved.id}`);
    } catch (error) {
      onProblem(error, patch);
    }
  };
  const submit = form.handleSubmit(async (values) => {
    const patch = toPatch(fields, values, record);
    if (record && Object.keys(patch).length === 0) onClose();
    else await send(patch, record);
  });
  return { groups, fields, form, failure, conflict, setConflict, send, submit };
}

interface InputProps {
  type: RecordType;
  view: NounView;
  field: FieldType;
  record: CrmRecord | undefined;
  control: ReturnType<typeof useForm<FormValues>>['control'];
}

function Input({ type, view, field, record, control }: InputProps) {
  const { t, find } = useTexts();
  const labels = useLabels(type);
  const id = `field-${inputName(field)}`;
  const Custom = view.inputs?.[field.path];
  const linked = field.relation ? (record?.[field.relation] as Linked | null | undefined) : undefined;
  const isSameLink = linked?.id === record?.[field.name];
  const check = (value: unknown) => {
    const problem = checkValue(field, value);
    return problem ? t(`form.problems.${problem}`, { max: field.max ?? 0, min: field.min ?? 0 }) : true;
  };
  return (
    <Controller
      name={inputName(field)}
      control={control}
      rules={{ validate: check }}
      render={({ field: input, fieldState: { error } }) => {
        const props = {
          id,
          value: input.value,
          onChange: input.onChange,
          isInvalid: error !== undefined,
          describedBy: error ? `${id}-error` : undefined,
        };
        return (
          <div className={`field ${field.kind === 'longText' ? 'wide' : ''}`}>
            <label htmlFor={id}>
              {labels.field(field)}
              {field.required && <span className="muted small"> {t('form.required')}</span>}
            </label>
            {Custom ? (
              <Custom {...props} />
            ) : (
              <FieldInput
                {...props}
                type={type}
                field={field}
                label={labels.field(field)}
                linkedTitle={
                  isSameLink && linked?.id === input.value ? (linked?.title ?? undefined) : undefined
                }
              />
            )}
            {error && (
              <span id={`${id}-error`} className="error" role="alert">
                {find(`form.problems.${error.message ?? ''}`) ?? error.message}
              </span>
            )}
          </div>
        );
      }}
    />
  );
}

/** The form for a new record or a change, beside the list or page it was opened from. */
export function RecordDrawer(props: Props) {
  const { type, view, record, onClose } = props;
  const { t } = useTexts();
  const { groups, fields, form, failure, conflict, setConflict, send, submit } = useRecordForm(props);
  const title = record ? t('form.edit', { name: titleOf(type, record) }) : t(`types.${type.name}.create`);
  return (
    <Dialog title={title} look="drawer" onClose={onClose}>
      <form
        className="dialog-body stack"
        id="record-form"
        noValidate
        onSubmit={(event) => void submit(event)}
      >
        {failure && (
          <p className="notice bad" role="alert">
            {failure}
          </p>
        )}
        {groups.map((group) => (
          <fieldset key={group.title} className="form-group">
            <legend>{t(group.title)}</legend>
            <div className="form-grid">
              {group.fields.map((field) => (
                <Input
                  key={field.path}
                  type={type}
                  view={view}
                  field={field}
                  record={record}
                  control={form.control}
                />
              ))}
            </div>
          </fieldset>
        ))}
      </form>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button type="submit" form="record-form" look="primary" disabled={form.formState.isSubmitting}>
          {t('action.save')}
        </Button>
      </footer>
      {conflict && record && (
        <ConflictDialog
          type={type}
          fields={fields}
          before={record}
          mine={conflict.patch}
          theirs={conflict.current}
          onClose={() => {
            setConflict(null);
          }}
          onResolve={(patch) => {
            if (Object.keys(patch).length === 0) onClose();
            else void send(patch, conflict.current);
          }}
        />
      )}
    </Dialog>
  );
}
