import { useId } from 'react';
import { useRecordTypes } from '../../../api/record-types.js';
import type { RecordType } from '../../../api/types.js';
import { IconButton } from '../../../design/Button.js';
import { useTexts } from '../../../i18n/texts.js';
import { useTypeName } from '../use-type-name.js';
import { faultsAt, useDraft } from './draft.js';
import { FaultLines } from './FaultLines.js';
import { isEqual } from './change-text.js';
import { followable, followsOf, setFollows, type Follow } from './policy-draft.js';

/** A type by its name, a reference as it is written, a link by the type that links. */
function useFollowName(type: RecordType): (follow: Follow) => string {
  const { t, find } = useTexts();
  const types = useRecordTypes();
  const typeName = useTypeName();
  return (follow) => {
    if (typeof follow !== 'string') {
      const by = follow.by === undefined ? '' : ` (${follow.by})`;
      return t('cloud.form.through', { type: typeName(follow.through) }) + by;
    }
    if (types.some(({ name }) => name === follow)) return typeName(follow);
    const field = type.fields.find(({ relation }) => relation === follow);
    if (!field) return follow;
    return find(`fields.${type.name}.${field.name}`) ?? find(`fields.any.${field.name}`) ?? field.label;
  };
}

/** Which other records must leave for these to leave. */
export function FollowsEditor({ type }: { type: RecordType }) {
  const { t } = useTexts();
  const id = useId();
  const types = useRecordTypes();
  const nameOf = useFollowName(type);
  const { text, tree, faults, change } = useDraft();
  const follows = followsOf(tree, type.name);
  const found = faultsAt(faults, `types.${type.name}.follows`);
  const open = followable(tree, type, types).filter(
    (each) => !(follows ?? []).some((known) => isEqual(known, each)),
  );
  const write = (next: readonly Follow[]) => {
    change(setFollows(text, type.name, next));
  };
  if (follows !== null && follows.length === 0 && open.length === 0) return null;
  return (
    <div className="field" role="group" aria-labelledby={id}>
      <span className="label" id={id}>
        {t('cloud.form.follows')}
      </span>
      <p className="muted small">{t('cloud.form.followsHint')}</p>
      {follows === null && <p className="muted small">{t('cloud.form.choices.other')}</p>}
      {follows !== null && (
        <div className="row wrap">
          {follows.map((follow) => (
            <span key={JSON.stringify(follow)} className="policy-chip">
              {nameOf(follow)}
              <IconButton
                icon="close"
                label={t('cloud.form.unfollow', { type: nameOf(follow) })}
                onClick={() => {
                  write(follows.filter((each) => each !== follow));
                }}
              />
            </span>
          ))}
          {open.length > 0 && (
            <select
              className="input dense policy-add"
              value=""
              aria-label={t('cloud.form.follow')}
              aria-describedby={found.length > 0 ? `${id}-faults` : undefined}
              onChange={(event) => {
                const chosen = open[Number(event.target.value)];
                if (chosen !== undefined) write([...follows, chosen]);
              }}
            >
              <option value="">{t('cloud.form.follow')}</option>
              {open.map((follow, index) => (
                <option key={JSON.stringify(follow)} value={index}>
                  {nameOf(follow)}
                </option>
              ))}
            </select>
          )}
        </div>
      )}
      <FaultLines id={`${id}-faults`} faults={found} />
    </div>
  );
}
