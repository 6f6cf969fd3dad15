import { lazy } from 'react';
import type { NounView } from '../../records/noun-view.js';
import { DealStage, StageInput } from './DealStage.js';

const DealLines = lazy(() => import('./lines/DealLines.js'));

export const dealsView: NounView = {
  plural: 'deals',
  icon: 'deal',
  columns: [
    { path: 'name', widthPx: 260 },
    { path: 'accountId', widthPx: 180 },
    { path: 'stage', widthPx: 120 },
    { path: 'amount', widthPx: 130 },
    { path: 'closeDate', widthPx: 130 },
    { path: 'productId', widthPx: 140 },
    { path: 'ownerId', widthPx: 150 },
  ],
  facets: [
    { path: 'status', from: 'options' },
    { path: 'stage', from: 'values' },
    { path: 'ownerId', from: 'reference' },
    { path: 'productId', from: 'reference' },
    { path: 'account.sector', from: 'values' },
    { path: 'tags', from: 'tags' },
  ],
  sort: '-closeDate',
  hasBoard: true,
  card: { badge: 'stage', value: 'amount', lines: ['accountId', 'closeDate', 'ownerId'] },
  badges: ['status', 'stage'],
  facts: [
    'amount',
    'closeDate',
    'accountId',
    'contactId',
    'ownerId',
    'productId',
    'probability',
    'engagedOn',
    'stageSince',
    'pipelineId',
    'tags',
  ],
  factsIfSet: ['lostReason'],
  form: [
    { title: 'form.main', fields: ['name', 'accountId', 'contactId', 'ownerId', 'tags'] },
    {
      title: 'form.progress',
      fields: ['stage', 'amount', 'closeDate', 'probability', 'productId', 'engagedOn', 'lostReason'],
    },
    { title: 'form.more', fields: ['description'] },
  ],
  related: [{ plural: 'deal-lines', via: 'dealId', sort: 'position', columns: [], component: DealLines }],
  renderers: { stage: DealStage },
  inputs: { stage: StageInput },
};
