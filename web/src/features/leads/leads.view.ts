import type { NounView } from '../../records/noun-view.js';
import { ContactName } from '../contacts/ContactName.js';
import { ConvertLead } from './ConvertLead.js';

export const leadsView: NounView = {
  plural: 'leads',
  icon: 'lead',
  columns: [
    { path: 'lastName', widthPx: 200 },
    { path: 'company', widthPx: 200 },
    { path: 'status', widthPx: 120 },
    { path: 'source', widthPx: 120 },
    { path: 'email', widthPx: 220 },
    { path: 'phone', widthPx: 140 },
    { path: 'ownerId', widthPx: 150 },
    { path: 'createdAt', widthPx: 120 },
  ],
  facets: [
    { path: 'status', from: 'options' },
    { path: 'source', from: 'values' },
    { path: 'country', from: 'values' },
    { path: 'ownerId', from: 'reference' },
    { path: 'tags', from: 'tags' },
  ],
  sort: '-createdAt',
  card: { badge: 'status', lines: ['company', 'source', 'email'] },
  badges: ['status'],
  facts: [
    'company',
    'jobTitle',
    'email',
    'phone',
    'mobile',
    'website',
    'source',
    'ownerId',
    'street',
    'postalCode',
    'city',
    'region',
    'country',
    'tags',
  ],
  factsIfSet: ['convertedAt', 'convertedAccountId', 'convertedContactId', 'convertedDealId'],
  form: [
    {
      title: 'form.main',
      fields: ['firstName', 'lastName', 'company', 'jobTitle', 'status', 'source', 'ownerId', 'tags'],
    },
    { title: 'form.reach', fields: ['email', 'phone', 'mobile', 'website'] },
    { title: 'form.address', fields: ['street', 'postalCode', 'city', 'region', 'country'] },
    { title: 'form.more', fields: ['description'] },
  ],
  related: [
    {
      plural: 'campaign-members',
      via: 'leadId',
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
  action: ConvertLead,
};
