import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { When } from '../../records/values/When.js';
import { toast } from '../../shell/toast-list.js';
import { receiptFile, type ListedReceipt } from './erasures-api.js';

function save(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Signed proofs of what left the bucket, to be kept and shown to whoever asks. */
export function ReceiptList({ receipts }: { receipts: readonly ListedReceipt[] }) {
  const { t, find } = useTexts();
  const download = async (generation: number) => {
    try {
      save(await receiptFile(generation));
    } catch (error) {
      toast(problemText(error, t));
    }
  };
  return (
    <ul className="ledger">
      {receipts.map(({ generation, reason, madeAt, isFinal, erasures }) => (
        <li key={generation} className="row">
          <div className="grow">
            <div className="row wrap">
              <b>{t('cloud.receipts.of', { generation })}</b>
              <span className={`badge ${isFinal ? 'good' : 'info'}`}>
                {t(isFinal ? 'cloud.receipts.final' : 'cloud.receipts.open')}
              </span>
            </div>
            <p className="muted small">
              <When value={madeAt} /> · {find(`cloud.receipts.reasons.${reason}`) ?? reason} ·{' '}
              {t('cloud.receipts.answers', { count: erasures })}
            </p>
          </div>
          <Button
            aria-label={t('cloud.receipts.download', { generation })}
            onClick={() => void download(generation)}
          >
            {t('files.download')}
          </Button>
        </li>
      ))}
    </ul>
  );
}
