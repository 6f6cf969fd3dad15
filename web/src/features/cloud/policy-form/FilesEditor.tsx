import { useId } from 'react';
import type { RecordType } from '../../../api/types.js';
import { useTexts } from '../../../i18n/texts.js';
import { DraftInput } from './DraftInput.js';
import { faultsAt, useDraft } from './draft.js';
import { FaultLines } from './FaultLines.js';
import { fileRuleOf, listOf, setFileRule, type FileRule } from './policy-draft.js';

const everyFile: FileRule = { maxSize: '', types: '', label: '' };
const parts = ['maxSize', 'types', 'label'] as const;
const examples = { maxSize: '20MB', types: 'application/pdf, image/*', label: 'shareable' };

/** Which files go with these records; what is left empty does not restrict. */
export function FilesEditor({ type }: { type: RecordType }) {
  const { t } = useTexts();
  const id = useId();
  const { text, tree, faults, change } = useDraft();
  const rule = fileRuleOf(tree, type.name);
  const place = `types.${type.name}.attachments`;
  const write = (next: FileRule | null) => {
    change(setFileRule(text, type.name, next));
  };
  return (
    <fieldset className="policy-files">
      <legend className="label">{t('cloud.form.files')}</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={rule !== null}
          onChange={(event) => {
            write(event.target.checked ? everyFile : null);
          }}
        />
        {t('cloud.form.filesGo')}
      </label>
      {rule && (
        <div className="policy-file-parts">
          {parts.map((part) => {
            const found = faultsAt(faults, `${place}.${part}`);
            return (
              <div key={part} className="field">
                <label htmlFor={`${id}-${part}`}>{t(`cloud.form.fileParts.${part}`)}</label>
                <DraftInput
                  id={`${id}-${part}`}
                  value={rule[part]}
                  placeholder={examples[part]}
                  aria-invalid={found.length > 0}
                  aria-describedby={found.length > 0 ? `${id}-${part}-faults` : undefined}
                  isSame={(words, said) => listOf(words).join(', ') === said}
                  onWrite={(words) => {
                    write({ ...rule, [part]: words });
                  }}
                />
                <FaultLines id={`${id}-${part}-faults`} faults={found} />
              </div>
            );
          })}
        </div>
      )}
    </fieldset>
  );
}
