import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { ErasureList } from './ErasureList.js';
import { MoreButton } from './MoreButton.js';
import { ReceiptList } from './ReceiptList.js';
import { useErasures, useReceipts } from './erasures-api.js';

/** Who was erased for good, how far that has come, and the proofs of it. */
export function ErasuresPanel() {
  const { t } = useTexts();
  const erasures = useErasures();
  const receipts = useReceipts();
  const problem = erasures.error ?? receipts.error;
  const asked = erasures.data?.pages.flatMap(({ data }) => data);
  const proofs = receipts.data?.pages.flatMap(({ data }) => data);
  return (
    <section className="card cloud-types">
      <h2 className="panel-pad">{t('cloud.erasures.title')}</h2>
      {problem && <p className="notice bad">{problemText(problem, t)}</p>}
      <div className="ledgers">
        <div>
          <h3 className="panel-pad">{t('cloud.erasures.list')}</h3>
          {asked?.length === 0 && <p className="panel-pad muted">{t('cloud.erasures.none')}</p>}
          {asked && <ErasureList erasures={asked} />}
          <MoreButton pages={erasures} label={t('cloud.erasures.more')} />
        </div>
        <div>
          <h3 className="panel-pad">{t('cloud.receipts.title')}</h3>
          <p className="panel-pad muted small">{t('cloud.receipts.hint')}</p>
          {proofs?.length === 0 && <p className="panel-pad muted">{t('cloud.receipts.none')}</p>}
          {proofs && <ReceiptList receipts={proofs} />}
          <MoreButton pages={receipts} label={t('cloud.receipts.more')} />
        </div>
      </div>
    </section>
  );
}
