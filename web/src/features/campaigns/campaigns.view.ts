import type { NounView } from '../../records/noun-view.js';

export const campaignsView: NounView = {
  plural: 'campaigns',
  icon: 'campaign',
  columns: [
    { path: 'name', widthPx: 280 },
    { path: 'kind', widthPx: 130 },
    { path: 'status', widthPx: 130 },
    { path: 'startDate', widthPx: 130 },
    { path: 'endDate', widthPx: 130 },
    { path: 'budget', widthPx: 130 },
    { path: 'ownerId', widthPx: 150 },
  ],
  facets: [
    { path: 'status', from: 'options' },
    { path: 'kind', from: 'options' },
    { path: 'ownerId', from: 'reference' },
    { path: 'tags', from: 'tags' },
  ],
  sort: '-startDate',
  card: { badge: 'status', value: 'budget', lines: ['kind', 'startDate', 'ownerId'] },
  badges: ['status', 'kind'],
  facts: ['startDate', 'endDate', 'budget', 'actualCost', 'expectedRevenue', 'ownerId', 'parentId', 'tags'],
  form: [
    { title: 'form.main', fields: ['name', 'kind', 'status', 'ownerId', 'parentId', 'tags'] },
    { title: 'form.times', fields: ['startDate', 'endDate'] },
    { title: 'form.figures', fields: ['budget', 'actualCost', 'expectedRevenue'] },
    { title: 'form.more', fields: ['description'] },
  ],
  related: [
    {
      plural: 'campaign-members',
      via: 'campaignId',
      sort: '-createdAt',
      columns: [
        { path: 'leadId', widthPx: 200 },
        { path: 'contactId', widthPx: 200 },
        { path: 'status', widthPx: 130 },
        { path: 'respondedAt', widthPx: 130 },
      ],
    },
    {
      plural: 'campaigns',
      via: 'parentId',
      sort: '-startDate',
      name: 'record.subCampaigns',
      columns: [
        { path: 'name', widthPx: 260 },
        { path: 'kind', widthPx: 130 },
        { path: 'status', widthPx: 130 },
        { path: 'startDate', widthPx: 130 },
      ],
    },
  ],
};

/** A lead or a contact in a campaign: it has no list of its own, it shows on the campaign and on the person. */
export const campaignMembersView: NounView = {
  plural: 'campaign-members',
  icon: 'campaign',
  columns: [
    { path: 'leadId', widthPx: 200 },
    { path: 'contactId', widthPx: 200 },
    { path: 'campaignId', widthPx: 240 },
    { path: 'status', widthPx: 130 },
    { path: 'respondedAt', widthPx: 130 },
  ],
  facets: [
    { path: 'status', from: 'options' },
    { path: 'campaignId', from: 'reference' },
  ],
  sort: '-createdAt',
  card: { badge: 'status', lines: ['leadId', 'contactId', 'campaignId'] },
  badges: ['status'],
  facts: ['campaignId', 'leadId', 'contactId', 'respondedAt'],
  form: [{ title: 'form.main', fields: ['campaignId', 'leadId', 'contactId', 'status', 'respondedAt'] }],
  related: [],
};
