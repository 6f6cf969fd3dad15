import { Dialog } from '../../design/Dialog.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { Failure } from '../../records/Failure.js';
import { MoreButton } from './MoreButton.js';
import { usePublishedObjects, type PublishedBatch } from './publications-api.js';

/** The objects of one batch with their digests, to be compared with what lies in the bucket. */
export function BatchObjects({ batch, onClose }: { batch: PublishedBatch; onClose: () => void }) {
  const { t } = useTexts();
  const format = useFormats();
  const pages = usePublishedObjects(batch);
  const title = t('cloud.left.objectsOf', { batch: `${String(batch.generation)}/${String(batch.n)}` });
  return (
    <Dialog title={title} look="wide" onClose={onClose}>
      <div className="dialog-body" tabIndex={0} role="group" aria-label={title}>
        <p className="muted">
          {t('cloud.left.objectsHint')} {format.exact(batch.publishedAt)}
        </p>
        {pages.isPending && <Skeleton width="60%" />}
        {pages.error && <Failure error={pages.error} />}
        <ul className="objects">
          {pages.data?.pages.flat().map(({ name, bytes, sha256 }) => (
            <li key={name}>
              <div className="row">
                <code className="grow wrap-lines">{name}</code>
                <span>{format.bytes(bytes)}</span>
              </div>
              <code className="muted small wrap-lines">{sha256}</code>
            </li>
          ))}
        </ul>
        <MoreButton pages={pages} label={t('cloud.left.moreObjects')} />
      </div>
    </Dialog>
  );
}
