import type { NounView } from '../records/noun-view.js';
import { accountsView } from './accounts/accounts.view.js';
import { activitiesView } from './activities/activities.view.js';
import { campaignMembersView, campaignsView } from './campaigns/campaigns.view.js';
import { casesView } from './cases/cases.view.js';
import { contactsView } from './contacts/contacts.view.js';
import { dealsView } from './deals/deals.view.js';
import { leadsView } from './leads/leads.view.js';
import { productsView } from './products/products.view.js';
import { usersView } from './users/users.view.js';

const views: readonly NounView[] = [
  accountsView,
  contactsView,
  leadsView,
  dealsView,
  casesView,
  activitiesView,
  campaignsView,
  campaignMembersView,
  productsView,
  usersView,
];

export const viewOf = (plural: string): NounView | undefined => views.find((view) => view.plural === plural);
