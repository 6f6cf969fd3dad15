import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiTokens, OwnPasswords, UserAccess } from '../../access/index.js';
import { query } from '../../platform/database/index.js';
import { systemContext } from '../../platform/http/index.js';
import { secret, type HomeState } from './home.js';

type Person = HomeState['people'][number];

const firstPeople = [
  { name: 'Ada Administrator', email: 'admin@demo.invalid', role: 'administrator' },
  { name: 'Carl Compliance', email: 'compliance@demo.invalid', role: 'compliance' },
  { name: 'Mona Manager', email: 'manager@demo.invalid', role: 'manager' },
  { name: 'Sven Service', email: 'service@demo.invalid', role: 'service' },
  { name: 'Rita Readonly', email: 'readonly@demo.invalid', role: 'readonly' },
] as const;

/** A demo salesperson with deals of her own, so that one can sign in and see only those. */
const demoSeller = { name: 'Darcel Schlecht', email: 'darcel.schlecht@demo.invalid', role: 'sales' } as const;

const ctx = systemContext('first start');

/**
 * Chooses the first sign-ins. They are written down before the people are made, so that a start that is killed in
 * between goes on with the same ones.
 */
export function planFirstPeople(state: HomeState): HomeState {
  const missing = firstPeople.filter((person) => state.people.every(({ email }) => email !== person.email));
  return {
    ...state,
    people: [...state.people, ...missing.map((person) => ({ ...person, password: secret() }))],
  };
}

/** Makes the planned people as far as an earlier start did not, and the token that scripts use. */
export async function createFirstPeople(
  context: INestApplicationContext,
  state: HomeState,
): Promise<HomeState> {
  let apiToken = state.apiToken;
  for (const person of state.people) {
    const userId = await makePerson(context, person);
    await letInEverywhere(context, userId, person.password);
    if (person.role === 'administrator') apiToken ??= await createToken(context, userId);
  }
  return { ...state, ...(apiToken === undefined ? {} : { apiToken }) };
}

async function makePerson(context: INestApplicationContext, person: Person): Promise<string> {
  const [known] = await query<{ id: string }>(
    context.get(DataSource),
    `SELECT id FROM crm."user" WHERE lower(email) = lower($1) AND deleted_at IS NULL`,
    [person.email],
  );
  // made in one transaction with its password and role, so what is there is whole
  if (known) return known.id;
  const input = { name: person.name, email: person.email, password: person.password, roles: [person.role] };
  return (await context.get(UserAccess).createUser(ctx, input)).id;
}

/** Gives the imported salespeople their role, and one of them a sign-in. */
export async function equipSalespeople(
  context: INestApplicationContext,
  state: HomeState,
): Promise<HomeState> {
  const users = context.get(UserAccess);
  const agents = await query<{ id: string; email: string }>(
    context.get(DataSource),
    `SELECT u.id, u.email FROM crm."user" u WHERE u.external_id LIKE 'agent:%' AND u.deleted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM access.user_role r WHERE r.user_id = u.id) ORDER BY u.id`,
  );
  for (const { id } of agents) await users.assignRole(ctx, id, 'sales');
  const seller = agents.find(({ email }) => email === demoSeller.email);
  if (!seller || state.people.some(({ email }) => email === demoSeller.email)) return state;
  const password = secret();
  await users.setPassword(ctx, seller.id, password, false);
  await letInEverywhere(context, seller.id, password);
  return { ...state, people: [...state.people, { ...demoSeller, password }] };
}

/**
 * A trial has one password per person for both servers, which a real installation refuses: what is typed on a host in
 * the cloud must not open the premises.
 */
async function letInEverywhere(
  context: INestApplicationContext,
  userId: string,
  password: string,
): Promise<void> {
  await context.get(OwnPasswords).setReplicaPassword(ctx, userId, password, { mayEqualHome: true });
}

async function createToken(context: INestApplicationContext, userId: string): Promise<string> {
  const scopes = ['read', 'write', 'admin'] as const;
  const { token } = await context.get(ApiTokens).create(ctx, { userId, name: 'quickstart', scopes });
  return token;
}

/** Made in the replica's own database: tokens never travel. */
export async function createReplicaToken(context: INestApplicationContext): Promise<string> {
  const input = { userId: null, name: 'quickstart', scopes: ['read'], roles: ['replica-reader'] } as const;
  return (await context.get(ApiTokens).create(ctx, input)).token;
}
