import './files.css';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { may } from '../../api/record-types.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button, IconButton } from '../../design/Button.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { FileEditor } from './FileEditor.js';
import { FilePreview } from './FilePreview.js';
import { FileRow } from './FileRow.js';
import { listFiles, type Attachment, type Place } from './files-api.js';
import { useFileDrop } from './use-file-drop.js';
import { filesKey, useUploads, type Upload } from './use-uploads.js';

function UploadRow({ upload, onDrop }: { upload: Upload; onDrop: (upload: Upload) => void }) {
  const { t } = useTexts();
  const format = useFormats();
  const { file, sentBytes, failure } = upload;
  const name = t('files.sending', { name: file.name });
  return (
    <li className="file-row">
      <div className="grow">
        <p className="ellipsis">{file.name}</p>
        {failure ? (
          <p className="small upload-failure" role="alert">
            {failure}
          </p>
        ) : (
          <>
            <progress aria-label={name} max={Math.max(1, file.size)} value={sentBytes} />
            <p className="muted small">
              {t('files.sent', { sent: format.bytes(sentBytes), total: format.bytes(file.size) })}
            </p>
          </>
        )}
      </div>
      <IconButton
        icon="close"
        label={t(failure ? 'files.dismiss' : 'files.stop', { name: file.name })}
        onClick={() => {
          onDrop(upload);
        }}
      />
    </li>
  );
}

function useFiles(place: Place) {
  return useInfiniteQuery({
    queryKey: filesKey(place),
    queryFn: ({ pageParam, signal }) => listFiles(place, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.page.nextCursor,
    retry: false,
  });
}

function AddButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const { t } = useTexts();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t('files.add')}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // the same file chosen again is a change again
          event.target.value = '';
        }}
      />
      <Button
        look="quiet"
        icon="plus"
        onClick={() => {
          input.current?.click();
        }}
      >
        {t('files.add')}
      </Button>
    </>
  );
}

interface ListProps {
  place: Place;
  mayChange: boolean;
  hasUploads: boolean;
}

function FileList({ place, mayChange, hasUploads }: ListProps) {
  const { t } = useTexts();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useFiles(place);
  const [shown, setShown] = useState<Attachment | null>(null);
  const [edited, setEdited] = useState<Attachment | null>(null);
  const files = data?.pages.flatMap((page) => page.data);
  if (error) return <p className="file-hint muted small">{problemText(error, t)}</p>;
  if (!files) return <Skeleton width="70%" height={36} />;
  return (
    <>
      {files.length === 0 && !hasUploads && (
        <p className="file-hint muted small">{t(mayChange ? 'files.emptyHint' : 'files.empty')}</p>
      )}
      <ul aria-label={t('files.title')}>
        {files.map((file) => (
          <FileRow
            key={file.id}
            file={file}
            place={place}
            mayChange={mayChange}
            onShow={setShown}
            onEdit={setEdited}
          />
        ))}
      </ul>
      {hasNextPage && (
        <Button look="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('files.more')}
        </Button>
      )}
      {shown && (
        <FilePreview
          file={shown}
          onClose={() => {
            setShown(null);
          }}
        />
      )}
      {edited && (
        <FileEditor
          file={edited}
          place={place}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

/** What hangs on a record: dropped anywhere on its page or chosen, sent with progress, shown, renamed, thrown away. */
export default function FilesPanel({ type, record }: { type: RecordType; record: CrmRecord }) {
  const { t } = useTexts();
  const place = useMemo(() => ({ plural: type.plural, recordId: record.id }), [type.plural, record.id]);
  const mayChange = may(type, 'update');
  const { uploads, add, drop } = useUploads(place);
  const isOver = useFileDrop(mayChange, add);
  return (
    <section className={`card files ${isOver ? 'over' : ''}`} aria-labelledby="files-title">
      <header className="row">
        <h2 id="files-title" className="grow">
          {t('files.title')}
        </h2>
        {mayChange && <AddButton onFiles={add} />}
      </header>
      {uploads.length > 0 && (
        <ul aria-label={t('files.uploads')}>
          {uploads.map((upload) => (
            <UploadRow key={upload.id} upload={upload} onDrop={drop} />
          ))}
        </ul>
      )}
      <FileList place={place} mayChange={mayChange} hasUploads={uploads.length > 0} />
      {isOver && <p className="drop-hint">{t('files.drop')}</p>}
    </section>
  );
}
