import type { NounView } from '../../records/noun-view.js';

export const usersView: NounView = {
  plural: 'users',
  icon: 'user',
  columns: [
    { path: 'name', widthPx: 260 },
    { path: 'email', widthPx: 280 },
    { path: 'office', widthPx: 140 },
    { path: 'manager', widthPx: 180 },
    { path: 'active', widthPx: 100 },
  ],
  facets: [
    { path: 'office', from: 'values' },
    { path: 'active', from: 'yesNo' },
  ],
  sort: 'name',
  card: { lines: ['email', 'office'] },
  badges: [],
  facts: ['email', 'office', 'manager', 'active', 'locale', 'timeZone'],
  form: [
    { title: 'form.main', fields: ['name', 'email', 'office', 'manager', 'locale', 'timeZone', 'active'] },
  ],
  related: [
    {
      plural: 'deals',
      via: 'ownerId',
      sort: '-closeDate',
      columns: [
        { path: 'name', widthPx: 240 },
        { path: 'accountId', widthPx: 180 },
        { path: 'stage', widthPx: 120 },
        { path: 'amount', widthPx: 120 },
      ],
    },
  ],
};
