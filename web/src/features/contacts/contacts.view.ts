import type { NounView } from '../../records/noun-view.js';
import { ContactName } from './ContactName.js';

export const contactsView: NounView = {
  plural: 'contacts',
  icon: 'contact',
  columns: [
    { path: 'lastName', widthPx: 220 },
    { path: 'jobTitle', widthPx: 180 },
    { path: 'accountId', widthPx: 220 },
    { path: 'email', widthPx: 230 },
    { path: 'phone', widthPx: 150 },
    { path: 'ownerId', widthPx: 150 },
  ],
  facets: [
    { path: 'accountId', from: 'reference' },
    { path: 'ownerId', from: 'reference' },
    { path: 'tags', from: 'tags' },
  ],
  sort: 'lastName',
  card: { lines: ['jobTitle', 'accountId', 'email'] },
  badges: [],
  facts: ['accountId', 'jobTitle', 'email', 'phone', 'mobile', 'ownerId', 'tags'],
  form: [
    { title: 'form.main', fields: ['firstName', 'lastName', 'jobTitle', 'accountId', 'ownerId', 'tags'] },
    { title: 'form.reach', fields: ['email', 'phone', 'mobile'] },
    { title: 'form.more', fields: ['description'] },
  ],
  related: [
    {
      plural: 'deals',
      via: 'contactId',
      sort: '-closeDate',
      columns: [
        { path: 'name', widthPx: 260 },
        { path: 'stage', widthPx: 120 },
        { path: 'amount', widthPx: 120 },
        { path: 'closeDate', widthPx: 130 },
      ],
    },
    {
      plural: 'cases',
      via: 'contactId',
      sort: '-receivedOn',
      columns: [
        { path: 'subject', widthPx: 300 },
        { path: 'status', widthPx: 110 },
        { path: 'receivedOn', widthPx: 130 },
      ],
    },
    {
      plural: 'campaign-members',
      via: 'contactId',
      sort: '-createdAt',
      name: 'types.campaign.many',
      columns: [
        { path: 'campaignId', widthPx: 260 },
        { path: 'status', widthPx: 130 },
        { path: 'respondedAt', widthPx: 130 },
      ],
    },
  ],
  renderers: { lastName: ContactName },
};
