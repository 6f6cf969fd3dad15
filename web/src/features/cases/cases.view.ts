import type { NounView } from '../../records/noun-view.js';

export const casesView: NounView = {
  plural: 'cases',
  icon: 'case',
  columns: [
    { path: 'subject', widthPx: 280 },
    { path: 'status', widthPx: 110 },
    { path: 'priority', widthPx: 100 },
    { path: 'accountId', widthPx: 200 },
    { path: 'custom.product', widthPx: 160 },
    { path: 'origin', widthPx: 110 },
    { path: 'receivedOn', widthPx: 120 },
    { path: 'ownerId', widthPx: 150 },
  ],
  facets: [
    { path: 'status', from: 'options' },
    { path: 'priority', from: 'options' },
    { path: 'custom.product', from: 'values' },
    { path: 'origin', from: 'values' },
    { path: 'ownerId', from: 'reference' },
    { path: 'tags', from: 'tags' },
  ],
  sort: '-receivedOn',
  card: { badge: 'status', lines: ['accountId', 'custom.product', 'receivedOn'] },
  badges: ['status', 'priority'],
  facts: ['accountId', 'contactId', 'ownerId', 'origin', 'receivedOn', 'closedOn', 'tags'],
  form: [
    {
      title: 'form.main',
      fields: ['subject', 'status', 'priority', 'accountId', 'contactId', 'ownerId', 'tags'],
    },
    { title: 'form.progress', fields: ['origin', 'receivedOn', 'closedOn'] },
    { title: 'form.more', fields: ['description'] },
  ],
  related: [],
};
