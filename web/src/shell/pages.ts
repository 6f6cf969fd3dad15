import type { IconName } from '../design/Icon.js';

export interface PageEntry {
  path: string;
  /** key of the name in the texts */
  name: string;
  icon: IconName;
  /** the record type it shows; the entry is left out for people who may not read it */
  plural?: string;
  /** left out for people who may only read what it shows */
  isForChangers?: boolean;
  isOnPhone?: boolean;
  /** the flag of `/me` without which it is left out */
  needs?: string;
}

/** What the navigation offers, in order. The nouns of daily work come first. */
export const pages: readonly PageEntry[] = [
  { path: '/', name: 'nav.home', icon: 'home', isOnPhone: true },
  { path: '/accounts', name: 'types.account.many', icon: 'account', plural: 'accounts', isOnPhone: true },
  { path: '/contacts', name: 'types.contact.many', icon: 'contact', plural: 'contacts', isOnPhone: true },
  { path: '/leads', name: 'types.lead.many', icon: 'lead', plural: 'leads' },
  { path: '/deals', name: 'types.deal.many', icon: 'deal', plural: 'deals', isOnPhone: true },
  { path: '/cases', name: 'types.case.many', icon: 'case', plural: 'cases', isOnPhone: true },
  { path: '/activities', name: 'types.activity.many', icon: 'activity', plural: 'activities' },
  { path: '/campaigns', name: 'types.campaign.many', icon: 'campaign', plural: 'campaigns' },
  { path: '/products', name: 'types.product.many', icon: 'product', plural: 'products' },
  { path: '/users', name: 'types.user.many', icon: 'user', plural: 'users' },
  {
    path: '/pipelines',
    name: 'types.pipeline.many',
    icon: 'pipeline',
    plural: 'pipelines',
    isForChangers: true,
  },
  { path: '/tags', name: 'nav.tags', icon: 'tag', needs: 'manageSettings' },
  { path: '/cloud', name: 'nav.cloud', icon: 'cloud', needs: 'manageCloud' },
];

/** Where the secondary part of the navigation starts. */
export const firstSecondaryPath = '/activities';
