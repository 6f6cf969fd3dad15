import { useState } from 'react';
import { customKey, valueOf, type CrmRecord, type FieldType, type RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { FieldValue } from '../values/FieldValue.js';
import { useLabels } from '../values/labels.js';

interface Props {
  type: RecordType;
  fields: FieldType[];
  before: CrmRecord;
  mine: CrmRecord;
  theirs: CrmRecord;
  onResolve: (patch: CrmRecord) => void;
  onClose: () => void;
}

const differs = (a: unknown, b: unknown) => JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);

function isIn(patch: CrmRecord, field: FieldType): boolean {
  return field.custom ? customKey(field) in (patch.custom ?? {}) : field.name in patch;
}

function toPatch(fields: FieldType[], mine: CrmRecord): CrmRecord {
  const patch: Record<string, unknown> = {};
  const custom: Record<string, unknown> = {};
  for (const field of fields)
    if (field.custom) custom[customKey(field)] = valueOf(mine, field);
    else patch[field.name] = valueOf(mine, field);
  if (Object.keys(custom).length > 0) patch['custom'] = custom;
  return patch as CrmRecord;
}

/** Somebody was quicker: shows both versions of what differs and lets the person choose field by field. */
export function ConflictDialog({ type, fields, before, mine, theirs, onResolve, onClose }: Props) {
  const { t } = useTexts();
  const labels = useLabels(type);
  const touched = fields.filter((field) => isIn(mine, field));
  const clashing = touched.filter((field) => differs(valueOf(mine, field), valueOf(theirs, field)));
  const theirOwn = fields.filter(
    (field) => !isIn(mine, field) && differs(valueOf(before, field), valueOf(theirs, field)),
  );
  const isBothChanged = (field: FieldType) => differs(valueOf(before, field), valueOf(theirs, field));
  const [dropped, setDropped] = useState<ReadonlySet<string>>(new Set());
  const choose = (path: string, isMine: boolean) => {
    const next = new Set(dropped);
    if (isMine) next.delete(path);
    else next.add(path);
    setDropped(next);
  };
  // a reference's title is only known for the version it came with, so ids that differ are shown without it
  const shown = (record: CrmRecord, field: FieldType) => (
    <FieldValue type={type} field={field} record={record} isFull />
  );
  return (
    <Dialog title={t('conflict.title')} onClose={onClose}>
      <div className="dialog-body stack">
        <p>{t('conflict.explain')}</p>
        <table className="table conflict">
          <thead>
            <tr>
              <th>{t('conflict.field')}</th>
              <th>{t('conflict.mine')}</th>
              <th>{t('conflict.theirs')}</th>
            </tr>
          </thead>
          <tbody>
            {clashing.map((field) => (
              <tr key={field.path}>
                <td>{labels.field(field)}</td>
                {[true, false].map((isMine) => (
                  <td key={String(isMine)}>
                    <label className="check">
                      <input
                        type="radio"
                        name={`choice-${field.path}`}
                        checked={isMine !== dropped.has(field.path)}
                        onChange={() => {
                          choose(field.path, isMine);
                        }}
                      />
                      <span className="ellipsis">{shown(isMine ? mine : theirs, field)}</span>
                      {!isMine && isBothChanged(field) && (
                        <span className="badge warn">{t('conflict.changed')}</span>
                      )}
                    </label>
                  </td>
                ))}
              </tr>
            ))}
            {theirOwn.map((field) => (
              <tr key={field.path}>
                <td>{labels.field(field)}</td>
                <td className="muted">{t('conflict.untouched')}</td>
                <td>{shown(theirs, field)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('conflict.back')}</Button>
        <Button
          look="primary"
          onClick={() => {
            onResolve(
              toPatch(
                clashing.filter((field) => !dropped.has(field.path)),
                mine,
              ),
            );
          }}
        >
          {t('conflict.save')}
        </Button>
      </footer>
    </Dialog>
  );
}
