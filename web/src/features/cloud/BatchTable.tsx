import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import { ChangedTypes } from './ChangedTypes.js';
import type { PublishedBatch } from './publications-api.js';

interface Props {
  batches: readonly PublishedBatch[];
  onOpen: (batch: PublishedBatch) => void;
}

const placeOf = ({ generation, n }: PublishedBatch) => `${String(generation)}/${String(n)}`;

export function BatchTable({ batches, onOpen }: Props) {
  const { t } = useTexts();
  const format = useFormats();
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={t('cloud.left.title')}>
      <table className="table batch-table">
        <thead>
          <tr>
            <th className="col-time">{t('cloud.left.time')}</th>
            <th className="col-batch">{t('cloud.batch')}</th>
            <th className="col-policy number">{t('cloud.left.policy')}</th>
            <th>{t('cloud.left.changes')}</th>
            <th className="col-count number">{t('cloud.left.objects')}</th>
            <th className="col-count number">{t('cloud.left.bytes')}</th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <tr
              key={placeOf(batch)}
              onClick={() => {
                onOpen(batch);
              }}
            >
              <td>
                <When value={batch.publishedAt} />
              </td>
              <td>
                {/* for the keyboard; its click goes on to the row */}
                <button type="button" className="link" aria-haspopup="dialog">
                  {placeOf(batch)}
                </button>{' '}
                {batch.kind === 'snapshot' && <span className="badge info">{t('cloud.left.snapshot')}</span>}
              </td>
              <td className="number">{batch.policyVersion}</td>
              <td>
                <ChangedTypes types={batch.types} />
              </td>
              <td className="number">{format.number(batch.objects)}</td>
              <td className="number">{format.bytes(batch.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same on a phone, where six columns have no room. */
export function BatchCards({ batches, onOpen }: Props) {
  const { t } = useTexts();
  const format = useFormats();
  return (
    <ul className="batch-cards">
      {batches.map((batch) => (
        <li key={placeOf(batch)}>
          <button
            type="button"
            aria-haspopup="dialog"
            onClick={() => {
              onOpen(batch);
            }}
          >
            <span className="row">
              <b className="grow">
                {t('cloud.batch')} {placeOf(batch)}
              </b>
              <When value={batch.publishedAt} />
            </span>
            <ChangedTypes types={batch.types} />
            <span className="muted small">
              {t('cloud.left.policyVersion', { version: batch.policyVersion })} ·{' '}
              {t('cloud.left.objectCount', { count: batch.objects })} · {format.bytes(batch.bytes)}
              {batch.kind === 'snapshot' && ` · ${t('cloud.left.snapshot')}`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
