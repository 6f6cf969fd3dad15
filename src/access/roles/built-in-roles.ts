import { roleFlags, type RoleDefinition, type RolePermissions } from './role.js';

const all = { create: 'all', read: 'all', update: 'all', delete: 'all' } as const;
const own = { create: 'all', read: 'own', update: 'own', delete: 'own' } as const;
const ownWrite = { create: 'all', read: 'all', update: 'own', delete: 'own' } as const;
const read = { read: 'all' } as const;
/** What every list needs to show names and stages. */
const reference: RolePermissions = { user: read, pipeline: read, stage: read };
/** Colleagues are known by name; how to reach them, and the personnel file, is for those who manage them. */
const colleagues = { user: ['email', 'manager', 'externalId'] };

/**
 * The roles a new installation starts with. They are inserted where their key is missing and never changed
 * afterwards: from then on they belong to the customer.
 */
export const builtInRoles: readonly RoleDefinition[] = [
  {
    key: 'administrator',
    name: 'Administrator',
    permissions: { '*': all },
    flags: roleFlags,
    hiddenFields: {},
    readOnlyFields: {},
  },
  {
    key: 'manager',
    name: 'Manager',
    permissions: { '*': all, ...reference },
    flags: ['import'],
    hiddenFields: colleagues,
    readOnlyFields: {},
  },
  {
    key: 'sales',
    name: 'Sales',
    permissions: {
      ...reference,
      account: ownWrite,
      contact: ownWrite,
      lead: ownWrite,
      campaign: ownWrite,
      product: read,
      deal: own,
      activity: own,
      case: read,
    },
    flags: [],
    hiddenFields: colleagues,
    readOnlyFields: {},
  },
  {
    key: 'service',
    name: 'Service',
    permissions: {
      ...reference,
      account: read,
      contact: { ...ownWrite, update: 'all' },
      product: read,
      case: all,
      activity: own,
    },
    flags: [],
    hiddenFields: { ...colleagues, account: ['revenue'] },
    readOnlyFields: {},
  },
  {
    // decides with a second person what may leave the building, and sees what left
    key: 'compliance',
    name: 'Compliance',
    permissions: { '*': read },
    flags: ['manageCloud'],
    hiddenFields: {},
    readOnlyFields: {},
  },
  {
    key: 'readonly',
    name: 'Read only',
    permissions: { '*': read },
    flags: [],
    hiddenFields: { ...colleagues, account: ['revenue'] },
    readOnlyFields: {},
  },
  {
    key: 'replica-reader',
    name: 'Replica reader',
    permissions: { '*': read },
    flags: [],
    hiddenFields: colleagues,
    readOnlyFields: {},
  },
];
