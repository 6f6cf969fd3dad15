import '../../records/list/list.css';
import './pipelines.css';
import { useState } from 'react';
import { Link } from 'react-router';
import { may, useRecordType } from '../../api/record-types.js';
import { request } from '../../api/http.js';
import { Button } from '../../design/Button.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { NotFound } from '../../shell/NotFound.js';
import { usePipelines, useStages, type Pipeline, type Stage } from '../deals/stages.js';
import { freeKey } from './keys.js';
import { StageTable } from './StageTable.js';
import { AddByName } from '../settings/AddByName.js';
import { changeSetting, useSettings } from '../settings/use-settings.js';

function PipelineName({ pipeline, mayChange }: { pipeline: Pipeline; mayChange: boolean }) {
  const { t } = useTexts();
  const attempt = useSettings();
  const [name, setName] = useState(pipeline.name);
  if (!mayChange) return <h2>{pipeline.name}</h2>;
  const commit = async () => {
    const wanted = name.trim();
    if (wanted === pipeline.name) return;
    if (!(await attempt(() => changeSetting('pipelines', pipeline, { name: wanted }))))
      setName(pipeline.name);
  };
  return (
    <h2 className="grow">
      <input
        className="input dense pipeline-name"
        aria-label={t('lines.of', { field: t('fields.any.name'), name: pipeline.name })}
        maxLength={80}
        value={name}
        onChange={(event) => {
          setName(event.target.value);
        }}
        onBlur={() => void commit()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </h2>
  );
}

function PipelineCard({
  pipeline,
  stages,
  mayChange,
}: {
  pipeline: Pipeline;
  stages: Stage[];
  mayChange: boolean;
}) {
  const { t } = useTexts();
  const attempt = useSettings();
  const change = (patch: object) => void attempt(() => changeSetting('pipelines', pipeline, patch));
  const addStage = (name: string) => {
    const taken = stages.map(({ key }) => key);
    const position = Math.max(0, ...stages.map((stage) => stage.position)) + 1;
    const body = { pipelineId: pipeline.id, name, key: freeKey(name, taken), position, probability: 50 };
    return attempt(() => request('/stages', { method: 'POST', body }));
  };
  return (
    <section className="card pipeline" aria-label={pipeline.name}>
      <header className="row wrap">
        <PipelineName pipeline={pipeline} mayChange={mayChange} />
        {pipeline.isDefault && <span className="badge info">{t('fields.any.isDefault')}</span>}
        {pipeline.archived && <span className="badge">{t('fields.any.archived')}</span>}
        <Link className="button quiet" to={`/deals/board?pipeline=${pipeline.id}`}>
          {t('pipelines.board')}
        </Link>
        {mayChange && !pipeline.isDefault && (
          <>
            {!pipeline.archived && (
              <Button
                look="quiet"
                onClick={() => {
                  change({ isDefault: true });
                }}
              >
                {t('pipelines.makeDefault')}
              </Button>
            )}
            <Button
              look="quiet"
              onClick={() => {
                change({ archived: !pipeline.archived });
              }}
            >
              {t(pipeline.archived ? 'pipelines.unarchive' : 'pipelines.archive')}
            </Button>
          </>
        )}
      </header>
      <StageTable stages={stages} mayChange={mayChange} />
      {mayChange && <AddByName label={t('types.stage.create')} onAdd={addStage} />}
    </section>
  );
}

/** Pipelines and their stages, as an administrator arranges them. */
export default function PipelinesPage() {
  const { t } = useTexts();
  const type = useRecordType('pipelines');
  const pipelines = usePipelines();
  const stages = useStages();
  const attempt = useSettings();
  if (!type || type.can.read === 'none') return <NotFound />;
  const mayChange = may(type, 'update');
  const addPipeline = (name: string) => {
    const taken = pipelines?.map(({ key }) => key) ?? [];
    const body = { name, key: freeKey(name, taken), position: taken.length + 1 };
    return attempt(() => request('/pipelines', { method: 'POST', body }));
  };
  return (
    <div className="page pipelines-page">
      <div className="page-head">
        <h1>{t('types.pipeline.many')}</h1>
      </div>
      {pipelines ? (
        pipelines.map((pipeline) => (
          <PipelineCard
            key={`${pipeline.id}-${String(pipeline.version)}`}
            pipeline={pipeline}
            stages={stages.filter(({ pipelineId }) => pipelineId === pipeline.id)}
            mayChange={mayChange}
          />
        ))
      ) : (
        <Skeleton width="60%" height={24} />
      )}
      {mayChange && pipelines && <AddByName label={t('types.pipeline.create')} onAdd={addPipeline} />}
    </div>
  );
}
