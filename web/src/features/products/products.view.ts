import type { NounView } from '../../records/noun-view.js';

export const productsView: NounView = {
  plural: 'products',
  icon: 'product',
  columns: [
    { path: 'name', widthPx: 300 },
    { path: 'code', widthPx: 140 },
    { path: 'family', widthPx: 160 },
    { path: 'price', widthPx: 150 },
    { path: 'active', widthPx: 100 },
  ],
  facets: [
    { path: 'family', from: 'values' },
    { path: 'active', from: 'yesNo' },
    { path: 'tags', from: 'tags' },
  ],
  sort: 'name',
  card: { value: 'price', lines: ['family', 'code'] },
  badges: [],
  facts: ['price', 'code', 'family', 'active', 'tags'],
  form: [
    { title: 'form.main', fields: ['name', 'code', 'family', 'price', 'active', 'description', 'tags'] },
  ],
  related: [
    {
      plural: 'deals',
      via: 'productId',
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
