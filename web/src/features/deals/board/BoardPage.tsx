import '../../../records/list/list.css';
import './board.css';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { fieldNamed, may, useRecordType } from '../../../api/record-types.js';
import type { RecordType } from '../../../api/types.js';
import { Button } from '../../../design/Button.js';
import { EmptyState } from '../../../design/EmptyState.js';
import { useTexts } from '../../../i18n/texts.js';
import { RecordDrawer } from '../../../records/form/RecordDrawer.js';
import { LayoutSwitch } from '../../../records/list/LayoutSwitch.js';
import { ListToolbar } from '../../../records/list/ListToolbar.js';
import { toFilter } from '../../../records/list/list-filter.js';
import { useListState } from '../../../records/list/use-list-state.js';
import { ViewsMenu } from '../../saved-views/ViewsMenu.js';
import { NotFound } from '../../../shell/NotFound.js';
import { dealsView } from '../deals.view.js';
import { usePipelines, useStages, type Pipeline } from '../stages.js';
import { Board } from './Board.js';
import type { BoardQuery } from './board-data.js';

// the columns are the stages already
const boardView = {
  ...dealsView,
  facets: dealsView.facets.filter(({ path }) => path !== 'stage' && path !== 'status'),
};
const orders = ['closeDate', '-amount', '-createdAt', '-updatedAt'] as const;

function useBoardQuery(type: RecordType, pipeline: Pipeline | undefined) {
  const controls = useListState(orders[0]);
  const { state } = controls;
  const pipelineId = pipeline?.id ?? '';
  // one object as long as nothing changes: it is part of the cache's keys and of the cards' properties
  const query = useMemo<BoardQuery>(() => {
    const filter = toFilter(state, (path) => fieldNamed(type, path)?.kind);
    return { pipelineId, filter, q: state.q, sort: state.sort };
  }, [type, state, pipelineId]);
  return { controls, query };
}

function usePipeline() {
  const [params, setParams] = useSearchParams();
  const wanted = params.get('pipeline');
  const pipelines = usePipelines()?.filter(({ id, archived }) => !archived || id === wanted);
  const chosen = pipelines?.find(({ id }) => id === wanted);
  const pipeline = chosen ?? pipelines?.find(({ isDefault }) => isDefault) ?? pipelines?.[0];
  const choose = (id: string) => {
    setParams((now) => {
      now.set('pipeline', id);
      return now;
    });
  };
  return { pipelines, pipeline, choose };
}

function PipelineSwitch({ pipelines, pipeline, choose }: ReturnType<typeof usePipeline>) {
  const { t } = useTexts();
  if (!pipelines || pipelines.length < 2) return null;
  return (
    <select
      className="input dense board-choice"
      aria-label={t('fields.any.pipelineId')}
      value={pipeline?.id}
      onChange={(event) => {
        choose(event.target.value);
      }}
    >
      {pipelines.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function OrderSwitch({ sort, onSort }: { sort: string; onSort: (sort: string) => void }) {
  const { t } = useTexts();
  return (
    <select
      className="input dense board-choice"
      aria-label={t('board.order')}
      value={sort}
      onChange={(event) => {
        onSort(event.target.value);
      }}
    >
      {orders.map((order) => (
        <option key={order} value={order}>
          {t(`board.orders.${order.replace('-', '')}`)}
        </option>
      ))}
    </select>
  );
}

function Page({ type }: { type: RecordType }) {
  const { t } = useTexts();
  const choice = usePipeline();
  const { pipelines, pipeline } = choice;
  const { controls, query } = useBoardQuery(type, pipeline);
  const every = useStages();
  const stages = useMemo(
    () => every.filter(({ pipelineId }) => pipelineId === pipeline?.id),
    [every, pipeline],
  );
  const [isCreating, setCreating] = useState(false);
  return (
    <div className="page list-page board-page">
      <div className="page-head list-head">
        <h1>{t('types.deal.many')}</h1>
        <LayoutSwitch plural="deals" current="board" />
        <ViewsMenu type={type} view={boardView} controls={controls} layout="board" />
        <PipelineSwitch {...choice} />
        <span className="grow" />
        {may(type, 'create') && (
          <Button
            look="primary"
            icon="plus"
            onClick={() => {
              setCreating(true);
            }}
          >
            {t('types.deal.create')}
          </Button>
        )}
      </div>
      <ListToolbar
        type={type}
        view={boardView}
        controls={controls}
        tools={
          <OrderSwitch
            sort={controls.state.sort}
            onSort={(sort) => {
              controls.set({ sort });
            }}
          />
        }
      />
      {pipelines?.length === 0 ? (
        <EmptyState title={t('types.pipeline.none')} />
      ) : (
        <Board query={query} stages={stages} isMovable={may(type, 'update')} />
      )}
      {isCreating && (
        <RecordDrawer
          type={type}
          view={dealsView}
          preset={{ pipelineId: pipeline?.id }}
          onClose={() => {
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}

export default function BoardPage() {
  const type = useRecordType('deals');
  if (!type || type.can.read === 'none') return <NotFound />;
  return <Page type={type} />;
}
