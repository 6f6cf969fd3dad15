import { useId } from 'react';
import { useRecordTypes } from '../../../api/record-types.js';
import { Icon } from '../../../design/Icon.js';
import { useTexts } from '../../../i18n/texts.js';
import type { PolicyCheck, PolicyFault } from '../cloud-api.js';
import { DraftProvider, useReading, type Draft } from './draft.js';
import { GeneralRules } from './GeneralRules.js';
import { nameableTypes } from './policy-draft.js';
import { TypeEntry } from './TypeEntry.js';

interface Props {
  text: string;
  onChange: (text: string) => void;
  /** of the text, or of one a moment before; undefined: it was not checked yet */
  check: PolicyCheck | undefined;
}

const none: readonly PolicyFault[] = [];

/** What people change of a policy from day to day. What it does not show stays in the text and is kept. */
export function PolicyForm({ text, onChange, check }: Props) {
  const { t } = useTexts();
  const id = useId();
  const types = useRecordTypes();
  const { now, last } = useReading(text);
  if (!last && now.ok) return null;
  const draft: Draft | null = last && {
    ...last,
    faults: check?.errors ?? none,
    isReadOnly: !now.ok,
    change: onChange,
  };
  return (
    <div className="policy-form">
      {!now.ok && (
        <div className="notice warn" role="status">
          <Icon name="lock" isSmall />
          <span>
            {t('cloud.form.unreadable', { line: now.line })} {now.message}
          </span>
        </div>
      )}
      {draft && (
        <DraftProvider value={draft}>
          <h3 id={id}>{t('cloud.form.types')}</h3>
          <ul className="policy-types" aria-labelledby={id}>
            {nameableTypes(types).map((type) => (
              <TypeEntry
                key={type.name}
                type={type}
                count={check?.counts.find((count) => count.type === type.name)}
              />
            ))}
          </ul>
          <GeneralRules />
        </DraftProvider>
      )}
    </div>
  );
}
