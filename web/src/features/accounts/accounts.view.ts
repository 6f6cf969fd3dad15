import { AccountSector } from './AccountSector.js';
import type { NounView } from '../../records/noun-view.js';

export const accountsView: NounView = {
  plural: 'accounts',
  icon: 'account',
  columns: [
    { path: 'name', widthPx: 260 },
    { path: 'kind', widthPx: 120 },
    { path: 'sector', widthPx: 140 },
    { path: 'country', widthPx: 140 },
    { path: 'phone', widthPx: 140 },
    { path: 'revenue', widthPx: 150 },
    { path: 'ownerId', widthPx: 150 },
    { path: 'updatedAt', widthPx: 120 },
  ],
  facets: [
    { path: 'kind', from: 'options' },
    { path: 'sector', from: 'values' },
    { path: 'country', from: 'values' },
    { path: 'ownerId', from: 'reference' },
    { path: 'tags', from: 'tags' },
  ],
  renderers: { sector: AccountSector },
  sort: 'name',
  card: { badge: 'kind', value: 'revenue', lines: ['sector', 'country'] },
  badges: ['kind'],
  facts: [
    'ownerId',
    'sector',
    'country',
    'phone',
    'website',
    'revenue',
    'employees',
    'yearEstablished',
    'parentId',
    'tags',
  ],
  form: [
    { title: 'form.main', fields: ['name', 'kind', 'sector', 'ownerId', 'parentId', 'tags'] },
    { title: 'form.reach', fields: ['phone', 'website', 'country'] },
    { title: 'form.figures', fields: ['revenue', 'employees', 'yearEstablished'] },
    { title: 'form.more', fields: ['description'] },
  ],
  related: [
    {
      plural: 'deals',
      via: 'accountId',
      sort: '-closeDate',
      columns: [
        { path: 'name', widthPx: 240 },
        { path: 'stage', widthPx: 120 },
        { path: 'amount', widthPx: 120 },
        { path: 'closeDate', widthPx: 130 },
        { path: 'ownerId', widthPx: 140 },
      ],
    },
    {
      plural: 'contacts',
      via: 'accountId',
      sort: 'lastName',
      columns: [
        { path: 'lastName', widthPx: 200 },
        { path: 'jobTitle', widthPx: 160 },
        { path: 'email', widthPx: 220 },
        { path: 'phone', widthPx: 150 },
      ],
    },
    {
      plural: 'cases',
      via: 'accountId',
      sort: '-receivedOn',
      columns: [
        { path: 'subject', widthPx: 300 },
        { path: 'status', widthPx: 110 },
        { path: 'priority', widthPx: 110 },
        { path: 'receivedOn', widthPx: 130 },
      ],
    },
    {
      plural: 'accounts',
      via: 'parentId',
      sort: 'name',
      name: 'record.children',
      columns: [
        { path: 'name', widthPx: 260 },
        { path: 'kind', widthPx: 120 },
        { path: 'sector', widthPx: 140 },
        { path: 'country', widthPx: 140 },
      ],
    },
  ],
};
