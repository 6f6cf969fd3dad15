import { useQueryClient } from '@tanstack/react-query';
import { Icon, type IconName } from '../../design/Icon.js';
import { Popover } from '../../design/Popover.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { When } from '../../records/values/When.js';
import { toast } from '../../shell/toast-list.js';
import { contentUrl, removeFile, restoreFile, type Attachment, type Place } from './files-api.js';
import { filesKey } from './use-uploads.js';

interface Props {
  file: Attachment;
  place: Place;
  mayChange: boolean;
  onShow: (file: Attachment) => void;
  onEdit: (file: Attachment) => void;
}

/** Throws the file into the recycle bin at once and offers the way back. */
function useRemove(place: Place) {
  const { t } = useTexts();
  const client = useQueryClient();
  const attempt = async (action: () => Promise<unknown>, then: () => void) => {
    try {
      await action();
      await client.invalidateQueries({ queryKey: filesKey(place) });
      then();
    } catch (error) {
      toast(problemText(error, t));
    }
  };
  const restore = ({ id, name }: Attachment) =>
    attempt(
      () => restoreFile(id),
      () => {
        toast(t('record.restored', { name }));
      },
    );
  return (file: Attachment) =>
    attempt(
      () => removeFile(file.id),
      () => {
        const undo = { label: t('action.undo'), run: () => void restore(file) };
        toast(t('record.deleted', { name: file.name }), undo);
      },
    );
}

const iconOf = (mediaType: string): IconName => (mediaType.startsWith('image/') ? 'image' : 'file');

function Name({ file, onShow }: Pick<Props, 'file' | 'onShow'>) {
  if (file.state === 'pending') return <span className="file-name muted">{file.name}</span>;
  if (!file.previewable)
    return (
      <a className="file-name" href={contentUrl(file.id, 'attachment')} download={file.name}>
        {file.name}
      </a>
    );
  return (
    <button
      type="button"
      className="file-name link"
      onClick={() => {
        onShow(file);
      }}
    >
      {file.name}
    </button>
  );
}

function FileMenu({ file, place, mayChange, onEdit }: Props) {
  const { t } = useTexts();
  const remove = useRemove(place);
  const label = t('files.actions', { name: file.name });
  return (
    <Popover
      kind="menu"
      look="quiet"
      icon="more"
      className="icon-only"
      aria-label={label}
      title={label}
      panelLabel={label}
    >
      {(close) => (
        <>
          {file.state === 'available' && (
            <a
              role="menuitem"
              className="menu-item"
              href={contentUrl(file.id, 'attachment')}
              download={file.name}
              onClick={close}
            >
              {t('files.download')}
            </a>
          )}
          {mayChange && (
            <>
              <button
                type="button"
                role="menuitem"
                className="menu-item"
                onClick={() => {
                  close();
                  onEdit(file);
                }}
              >
                {t('files.edit')}
              </button>
              <button
                type="button"
                role="menuitem"
                className="menu-item danger"
                onClick={() => {
                  close();
                  void remove(file);
                }}
              >
                {t('action.delete')}
              </button>
            </>
          )}
        </>
      )}
    </Popover>
  );
}

export function FileRow(props: Props) {
  const { file, mayChange } = props;
  const { t, find } = useTexts();
  const format = useFormats();
  const hasMenu = mayChange || file.state === 'available';
  return (
    <li className="file-row">
      <Icon name={iconOf(file.mediaType)} />
      <div className="grow">
        <Name {...props} />
        <p className="muted small file-facts">
          <span title={file.mediaType}>{format.bytes(file.bytes)}</span>
          <When value={file.createdAt} />
          {file.label && <span className="badge">{find(`files.labels.${file.label}`) ?? file.label}</span>}
          {file.state === 'pending' && <span className="badge warn">{t('files.pending')}</span>}
        </p>
      </div>
      {hasMenu && <FileMenu {...props} />}
    </li>
  );
}
