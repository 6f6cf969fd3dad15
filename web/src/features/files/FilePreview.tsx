import { Suspense, lazy, useState } from 'react';
import { Dialog } from '../../design/Dialog.js';
import { EmptyState } from '../../design/EmptyState.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { contentUrl, type Attachment } from './files-api.js';

// half a megabyte that only those need who open a PDF
const PdfPages = lazy(() => import('./PdfPages.js'));

function ImagePreview({ file }: { file: Attachment }) {
  const { t } = useTexts();
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <EmptyState title={t('files.noPreview')} hint={t('files.noPreviewHint')} />;
  return (
    <img
      className="preview-image"
      src={contentUrl(file.id, 'inline')}
      alt={file.name}
      onError={() => {
        setBroken(true);
      }}
    />
  );
}

/** Shows an image or a PDF without leaving the record. */
export function FilePreview({ file, onClose }: { file: Attachment; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Dialog title={file.name} look="wide" onClose={onClose}>
      <div className="dialog-body preview" tabIndex={0} role="region" aria-label={file.name}>
        {file.mediaType === 'application/pdf' ? (
          <Suspense fallback={<Skeleton width="100%" height={480} />}>
            <PdfPages file={file} />
          </Suspense>
        ) : (
          <ImagePreview file={file} />
        )}
      </div>
      <footer className="dialog-foot">
        <a className="button" href={contentUrl(file.id, 'attachment')} download={file.name}>
          {t('files.download')}
        </a>
      </footer>
    </Dialog>
  );
}
