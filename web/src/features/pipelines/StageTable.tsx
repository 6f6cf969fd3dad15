import { useState, type FocusEvent, type KeyboardEvent } from 'react';
import { request } from '../../api/http.js';
import { IconButton } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import type { Stage } from '../deals/stages.js';
import { moved } from './keys.js';
import { RemoveStage } from './RemoveStage.js';
import { changeSetting, useSettings } from '../settings/use-settings.js';

const statuses = ['open', 'won', 'lost'] as const;

interface RowProps {
  stage: Stage;
  stages: readonly Stage[];
  mayChange: boolean;
  onRemove: (stage: Stage) => void;
}

interface Draft {
  name: string;
  status: string;
  probability: string;
}

/** Keeps what is typed and saves it when the row is left. */
function useStage(stage: Stage) {
  const attempt = useSettings();
  const first = { name: stage.name, status: stage.status, probability: String(stage.probability) };
  const [draft, setDraft] = useState<Draft>(first);
  const commit = async () => {
    const patch = {
      ...(draft.name.trim() === first.name ? {} : { name: draft.name.trim() }),
      ...(draft.status === first.status ? {} : { status: draft.status }),
      ...(draft.probability === first.probability ? {} : { probability: Number(draft.probability) }),
    };
    if (Object.keys(patch).length === 0) return;
    if (!(await attempt(() => changeSetting('stages', stage, patch)))) setDraft(first);
  };
  return { draft, setDraft, commit };
}

function Order({ stage, stages }: Pick<RowProps, 'stage' | 'stages'>) {
  const { t } = useTexts();
  const attempt = useSettings();
  const move = (step: 1 | -1) =>
    attempt(async () => {
      for (const { item, position } of moved(stages, stage.id, step))
        await changeSetting('stages', item, { position });
    });
  return (
    <td className="stage-order">
      <IconButton
        icon="up"
        label={t('pipelines.up', { name: stage.name })}
        disabled={stages[0]?.id === stage.id}
        onClick={() => void move(-1)}
      />
      <IconButton
        icon="down"
        label={t('pipelines.down', { name: stage.name })}
        disabled={stages.at(-1)?.id === stage.id}
        onClick={() => void move(1)}
      />
    </td>
  );
}

function EditableCells({ stage }: { stage: Stage }) {
  const { t } = useTexts();
  const { draft, setDraft, commit } = useStage(stage);
  const label = (path: string) => t('lines.of', { field: t(`fields.any.${path}`), name: stage.name });
  const onBlur = (event: FocusEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget)) void commit();
  };
  const onEnter = (event: KeyboardEvent) => {
    if (event.key === 'Enter') void commit();
  };
  return (
    <>
      <td onBlur={onBlur} onKeyDown={onEnter}>
        <input
          className="input dense"
          aria-label={label('name')}
          maxLength={80}
          value={draft.name}
          onChange={(event) => {
            setDraft({ ...draft, name: event.target.value });
          }}
        />
      </td>
      <td onBlur={onBlur}>
        <select
          className="input dense"
          aria-label={label('status')}
          value={draft.status}
          onChange={(event) => {
            setDraft({ ...draft, status: event.target.value });
          }}
        >
          {statuses.map((status) => (
            <option key={status} value={status}>
              {t(`options.${status}`)}
            </option>
          ))}
        </select>
      </td>
      <td className="number" onBlur={onBlur} onKeyDown={onEnter}>
        <input
          className="input dense number"
          type="number"
          min={0}
          max={100}
          aria-label={label('probability')}
          value={draft.probability}
          onChange={(event) => {
            setDraft({ ...draft, probability: event.target.value });
          }}
        />
      </td>
    </>
  );
}

function Row({ stage, stages, mayChange, onRemove }: RowProps) {
  const { t } = useTexts();
  if (!mayChange)
    return (
      <tr>
        <td>{stage.name}</td>
        <td>{t(`options.${stage.status}`)}</td>
        <td className="number">{stage.probability}</td>
      </tr>
    );
  return (
    <tr>
      <EditableCells stage={stage} />
      <Order stage={stage} stages={stages} />
      <td className="stage-remove">
        <IconButton
          icon="trash"
          label={t('pipelines.removeStage', { name: stage.name })}
          onClick={() => {
            onRemove(stage);
          }}
        />
      </td>
    </tr>
  );
}

/** The stages of one pipeline in their order, changed in place. */
export function StageTable({ stages, mayChange }: { stages: readonly Stage[]; mayChange: boolean }) {
  const { t } = useTexts();
  const attempt = useSettings();
  const [removed, setRemoved] = useState<Stage | null>(null);
  const remove = (stage: Stage, moveTo: string | null) =>
    attempt(() =>
      request(`/stages/${stage.id}${moveTo ? `?moveTo=${encodeURIComponent(moveTo)}` : ''}`, {
        method: 'DELETE',
      }),
    );
  return (
    <>
      <table className="table stages">
        <thead>
          <tr>
            <th>{t('types.stage.one')}</th>
            <th>{t('fields.any.status')}</th>
            <th className="number">{t('fields.any.probability')}</th>
            {mayChange && <th>{t('pipelines.order')}</th>}
            {mayChange && <td className="stage-remove" />}
          </tr>
        </thead>
        <tbody>
          {stages.map((stage) => (
            <Row
              key={`${stage.id}-${String(stage.version)}`}
              stage={stage}
              stages={stages}
              mayChange={mayChange}
              onRemove={setRemoved}
            />
          ))}
        </tbody>
      </table>
      {removed && (
        <RemoveStage
          stage={removed}
          others={stages.filter(({ id }) => id !== removed.id)}
          onRemove={async (moveTo) => {
            if (await remove(removed, moveTo)) setRemoved(null);
          }}
          onClose={() => {
            setRemoved(null);
          }}
        />
      )}
    </>
  );
}
