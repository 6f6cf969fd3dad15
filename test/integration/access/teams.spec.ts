import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { query } from '../../../src/platform/database/index.js';
import {
  makePerson,
  signedIn,
  startAccessServer,
  type AccessServer,
  type Answer,
  type Browser,
  type TestPerson,
} from './access-server.js';

const post = (body: object) => ({ method: 'POST', body }) as const;
const put = (body: object) => ({ method: 'PUT', body }) as const;
const team = (name: string, members: TestPerson[], parentId: string | null = null) => ({
  name,
  parentId,
  members: members.map(({ id }) => id),
});
const role = (more: object) => ({
  ...{ name: 'Test', permissions: {}, flags: [], hiddenFields: {}, readOnlyFields: {} },
  ...more,
});
const paths = (answer: Answer): string[] =>
  ((answer.body as { errors?: { path: string }[] }).errors ?? []).map(({ path }) => path);

describe('teams, managers and roles of one’s own', () => {
  let server: AccessServer;
  let admin: Browser;
  let hr: Browser;
  let hrPerson: TestPerson;
  const people: TestPerson[] = [];

  beforeAll(async () => {
    server = await startAccessServer();
    admin = await signedIn(server, await makePerson(server, 'administrator'));
    const made = await admin.call(
      '/roles',
      post(role({ key: 'hr', flags: ['manageUsers'], permissions: {} })),
    );
    expect(made.status).toBe(201);
    hrPerson = await makePerson(server, 'hr');
    hr = await signedIn(server, hrPerson);
    for (let n = 0; n < 4; n += 1) people.push(await makePerson(server, 'sales'));
  });
  afterAll(() => server.stop());

  const person = (n: number): TestPerson => {
    const found = people[n];
    if (!found) throw new Error('no such person');
    return found;
  };
  const makeTeam = async (name: string, members: TestPerson[], parentId: string | null = null) => {
    const answer = await admin.call<{ id: string }>('/teams', post(team(name, members, parentId)));
    expect(answer.status).toBe(201);
    return answer.body.id;
  };

  it('keeps name, place and members of a team, and writes each change into the audit', async () => {
    const north = await makeTeam('North', [person(0)]);
    const changed = team('North by west', [person(1)]);
    expect((await admin.call(`/teams/${north}`, put(changed))).body).toEqual({ id: north, ...changed });
    const { body } = await admin.call<{ data: { id: string }[] }>('/teams');
    expect(body.data.find(({ id }) => id === north)).toEqual({ id: north, ...changed });
    expect((await admin.call(`/teams/${north}`, { method: 'DELETE' })).status).toBe(204);
    const entries = await query<{ action: string }>(
      server.dataSource,
      `SELECT action FROM audit.leaf WHERE record_id = $1 ORDER BY at, id`,
      [north],
    );
    expect(entries.map(({ action }) => action)).toEqual(['team-created', 'team-changed', 'team-deleted']);
  });

  it('refuses a ring of teams, unknown people and a name that is taken, and names the place', async () => {
    const top = await makeTeam('Top', []);
    const below = await makeTeam('Below', [], top);
    expect(paths(await admin.call(`/teams/${top}`, put(team('Top', [], below))))).toEqual(['parentId']);
    const nobody = { ...person(0), id: '018f0000-0000-7000-8000-000000000000' };
    expect(paths(await admin.call('/teams', post(team('Other', [person(0), nobody]))))).toEqual([
      'members[1]',
    ]);
    expect((await admin.call('/teams', post(team('tOP', [])))).body.code).toBe('team_name_taken');
    expect((await admin.call(`/teams/${top}`, { method: 'DELETE' })).body.code).toBe('team_has_teams');
  });

  it('refuses a manager who reports to the person', async () => {
    const [boss, worker] = [person(2), person(3)];
    expect((await admin.call(`/users/${worker.id}/manager`, put({ managerId: boss.id }))).status).toBe(200);
    expect((await admin.call(`/users/${worker.id}/manager`)).body).toEqual({ managerId: boss.id });
    const ring = await admin.call(`/users/${boss.id}/manager`, put({ managerId: worker.id }));
    expect(paths(ring)).toEqual(['managerId']);
  });

  it('lets who manages users sort others into teams, but not widen their own reach', async () => {
    expect((await hr.call('/teams', post(team('Others', [person(0)])))).status).toBe(201);
    expect((await hr.call('/teams', post(team('Mine', [hrPerson, person(0)])))).status).toBe(403);
    expect((await hr.call(`/users/${person(0).id}/manager`, put({ managerId: hrPerson.id }))).status).toBe(
      403,
    );
    const { body } = await admin.call<{ data: { name: string }[] }>('/teams');
    expect(body.data.map(({ name }) => name)).not.toContain('Mine');
  });

  it('lets nobody make or change a role beyond their own rights', async () => {
    const wide = role({ key: 'wide', permissions: { deal: { read: 'own' } } });
    expect((await hr.call('/roles', post(wide))).status).toBe(403);
    const denial = role({ key: 'denial', permissions: { deal: { read: 'deny' } } });
    expect((await admin.call('/roles', post(denial))).status).toBe(201);
    // taking a denial away would give the right
    expect((await hr.call('/roles/denial', put(role({ permissions: {} })))).status).toBe(403);
    expect((await hr.call(`/users/${hrPerson.id}/roles`, put({ roles: ['hr', 'denial'] }))).status).toBe(403);
  });

  it('names what is wrong with a role', async () => {
    const wrong = role({
      key: 'Wrong Key',
      permissions: { planet: {}, deal: { fly: 'own', read: 'most' } },
      flags: ['fly'],
      hiddenFields: { deal: ['orbit'], planet: [] },
    });
    const answer = await admin.call('/roles', post(wrong));
    expect(answer.status).toBe(400);
    expect(paths(answer)).toEqual([
      'key',
      'flags[0]',
      'permissions.planet',
      'permissions.deal.fly',
      'permissions.deal.read',
      'hiddenFields.deal[0]',
      'hiddenFields.planet',
    ]);
  });

  it('keeps the administrator’s role as it is, and roles that somebody has', async () => {
    const code = async (path: string, method: 'PUT' | 'DELETE'): Promise<unknown> =>
      (await admin.call(path, method === 'PUT' ? put(role({})) : { method })).body.code;
    expect(await code('/roles/administrator', 'PUT')).toBe('role_is_fixed');
    expect(await code('/roles/sales', 'DELETE')).toBe('role_is_fixed');
    expect(await code('/roles/hr', 'DELETE')).toBe('role_in_use');
    expect((await admin.call('/roles', post(role({ key: 'unused' })))).status).toBe(201);
    expect((await admin.call('/roles/unused', { method: 'DELETE' })).status).toBe(204);
  });
});
