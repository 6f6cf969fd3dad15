import { describe, expect, it } from '@jest/globals';
import { builtInRoles } from './built-in-roles.js';
import { PermissionSet } from './permission-set.js';
import type { RoleDefinition, TokenScope } from './role.js';

const type = (name: string, adminOnly = false) => ({ name, adminOnly });
const builtIn = (key: string): RoleDefinition => {
  const role = builtInRoles.find((candidate) => candidate.key === key);
  if (!role) throw new Error(`no role ${key}`);
  return role;
};
const role = (part: Partial<RoleDefinition>): RoleDefinition => ({
  key: 'test',
  name: 'Test',
  permissions: {},
  flags: [],
  hiddenFields: {},
  readOnlyFields: {},
  ...part,
});

describe('PermissionSet', () => {
  it('allows nothing without a role', () => {
    const nobody = new PermissionSet([]);
    expect(nobody.level(type('deal'), 'read')).toBe('none');
    expect(nobody.has('import')).toBe(false);
  });

  it('takes the widest of the roles', () => {
    const both = new PermissionSet([builtIn('sales'), builtIn('readonly')]);
    expect(both.level(type('deal'), 'read')).toBe('all');
    expect(both.level(type('deal'), 'update')).toBe('own');
  });

  it('takes a type that is named by its own line only, never by the star', () => {
    const set = new PermissionSet([role({ permissions: { '*': { read: 'all' }, deal: { create: 'own' } } })]);
    expect(set.level(type('deal'), 'read')).toBe('none');
    expect(set.level(type('case'), 'read')).toBe('all');
  });

  it('lets nobody but those with the flag write an administrators type', () => {
    const manager = new PermissionSet([builtIn('manager')]);
    expect(manager.level(type('stage', true), 'update')).toBe('none');
    expect(manager.level(type('stage', true), 'read')).toBe('all');
    const writer = new PermissionSet([role({ permissions: { '*': { update: 'all' } } })]);
    expect(writer.level(type('user', true), 'update')).toBe('none');
    expect(new PermissionSet([builtIn('administrator')]).level(type('user', true), 'update')).toBe('all');
  });

  it('lets a denial win over every other role, of the type or of the star', () => {
    const denial = role({ permissions: { deal: { delete: 'deny' } } });
    const set = new PermissionSet([builtIn('administrator'), denial]);
    expect(set.level(type('deal'), 'delete')).toBe('none');
    expect(set.level(type('deal'), 'update')).toBe('all');
    const everywhere = role({ permissions: { '*': { delete: 'deny' } } });
    const star = new PermissionSet([builtIn('administrator'), everywhere]);
    expect(star.level(type('stage', true), 'delete')).toBe('none');
  });

  it('puts the team between own and all', () => {
    const team = role({ permissions: { deal: { read: 'team', update: 'team' } } });
    const set = new PermissionSet([builtIn('sales'), team, builtIn('readonly')]);
    expect(set.level(type('deal'), 'update')).toBe('team');
    expect(set.level(type('deal'), 'read')).toBe('all');
  });

  it('keeps a field hidden where a narrower role would open it', () => {
    const open = role({ permissions: { account: { read: 'own' } } });
    const hidden = role({
      permissions: { account: { read: 'all' } },
      hiddenFields: { account: ['revenue'] },
    });
    expect([...new PermissionSet([open, hidden]).hiddenFields(type('account'))]).toEqual(['revenue']);
  });

  it('opens a field that a role of the same reach opens', () => {
    const open = role({ permissions: { account: { read: 'all' } } });
    const hidden = role({
      permissions: { account: { read: 'all' } },
      hiddenFields: { account: ['revenue'] },
    });
    expect(new PermissionSet([open, hidden]).hiddenFields(type('account')).size).toBe(0);
  });

  it.each<[TokenScope[], string, string, boolean, boolean]>([
    [['read'], 'all', 'none', false, false],
    [['write'], 'none', 'all', false, true],
    [['admin'], 'none', 'none', true, false],
  ])('cuts an administrator down to the scopes %j', (scopes, read, write, admin, imports) => {
    const set = new PermissionSet([builtIn('administrator')], new Set(scopes));
    expect(set.level(type('deal'), 'read')).toBe(read);
    expect(set.level(type('deal'), 'update')).toBe(write);
    expect(set.has('manageUsers')).toBe(admin);
    expect(set.has('import')).toBe(imports);
  });
});
