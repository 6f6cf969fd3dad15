import { Suspense, lazy, useState } from 'react';
import { may } from '../../api/record-types.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';

const ConvertDialog = lazy(() => import('./ConvertDialog.js'));

/** The button that makes an account, a contact and a deal of a lead; gone once that has happened. */
export function ConvertLead({ type, record }: { type: RecordType; record: CrmRecord }) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  if (!may(type, 'update') || record['status'] === 'converted') return null;
  return (
    <>
      <Button
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true);
        }}
      >
        {t('convert.action')}
      </Button>
      {isOpen && (
        <Suspense fallback={null}>
          <ConvertDialog
            type={type}
            record={record}
            onClose={() => {
              setOpen(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
