import type { NounView } from '../../records/noun-view.js';

export const activitiesView: NounView = {
  plural: 'activities',
  icon: 'activity',
  columns: [
    { path: 'subject', widthPx: 300 },
    { path: 'kind', widthPx: 110 },
    { path: 'dueAt', widthPx: 130 },
    { path: 'done', widthPx: 90 },
    { path: 'accountId', widthPx: 180 },
    { path: 'dealId', widthPx: 200 },
    { path: 'ownerId', widthPx: 150 },
  ],
  facets: [
    { path: 'kind', from: 'options' },
    { path: 'done', from: 'yesNo' },
    { path: 'ownerId', from: 'reference' },
    { path: 'tags', from: 'tags' },
  ],
  sort: '-createdAt',
  card: { badge: 'kind', lines: ['dueAt', 'accountId', 'dealId'] },
  badges: ['kind'],
  facts: [
    'dueAt',
    'done',
    'startsAt',
    'endsAt',
    'accountId',
    'contactId',
    'dealId',
    'caseId',
    'leadId',
    'ownerId',
    'tags',
  ],
  form: [
    { title: 'form.main', fields: ['kind', 'subject', 'body', 'done', 'ownerId', 'tags'] },
    { title: 'form.times', fields: ['dueAt', 'startsAt', 'endsAt'] },
    { title: 'form.links', fields: ['accountId', 'contactId', 'dealId', 'caseId', 'leadId'] },
  ],
  related: [],
};
