import type { RecordType } from '../../api/types.js';
import { IconButton } from '../../design/Button.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import type { ListResult } from './list-result.js';
import type { ListControls } from './use-list-state.js';

interface Props {
  type: RecordType;
  result: ListResult;
  controls: ListControls;
  pageSize: number;
}

/** The line under a list: how many there are, which of them are shown, and the way on and back. */
export function Pager({ type, result, controls, pageSize }: Props) {
  const { t } = useTexts();
  const format = useFormats();
  const { page } = controls.state;
  const shown = result.records?.length ?? 0;
  const count = result.count ?? 0;
  const total = `${format.number(count)}${result.isCountCapped ? '+' : ''}`;
  const from = (page - 1) * pageSize + 1;
  const range = page > 0 && shown > 0 ? t('list.range', { from, to: from + shown - 1 }) : '';
  return (
    <div className="pager">
      <span className="grow ellipsis">
        {result.records && t(`types.${type.name}.count`, { count, total })}
        {range && <span className="muted"> · {range}</span>}
      </span>
      <IconButton icon="first" label={t('list.first')} disabled={page === 1} onClick={controls.first} />
      <IconButton icon="left" label={t('list.previous')} disabled={page < 2} onClick={controls.previous} />
      <IconButton
        icon="right"
        label={t('list.next')}
        disabled={result.nextCursor === null}
        onClick={() => {
          if (result.nextCursor) controls.next(result.nextCursor);
        }}
      />
    </div>
  );
}
