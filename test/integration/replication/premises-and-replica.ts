// The whole server on premises, the real publisher, and the whole server of a replica that follows it by itself.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import { keyFolders } from '../../../src/replication/format/index.js';
import { PINNED_ROOT_FILE } from '../../../src/replication/replica/index.js';
import { waitFor } from '../../support/index.js';
import {
  giveReplicaPassword,
  HttpClient,
  makeUser,
  startPrimary,
  startReplicaOf,
  type Credentials,
  type WholeServer,
} from '../access/whole-server.js';
import { openWorld, type ConnectorWorld, type TestPublisher } from '../connector/connector-world.js';

export interface PremisesAndReplica {
  premises: WholeServer;
  replica: WholeServer;
  world: ConnectorWorld;
  /** may do everything at home */
  admin: HttpClient;
  /** a person with these roles, who may sign in on the replica once that is carried over */
  person(...roles: string[]): Promise<Credentials>;
  abroad(person: Credentials): Promise<HttpClient>;
  /** creates a record over the API at home and answers its id */
  make(plural: string, body: object): Promise<string>;
  change(plural: string, id: string, body: object): Promise<void>;
  remove(plural: string, id: string): Promise<void>;
  /** publishes what has happened, and waits until the replica shows it; answers the place in the bucket */
  carry(): Promise<{ generation: number; n: number }>;
  /** rows of a table of the replica, by id */
  rows(table: string): Promise<Map<string, Record<string, unknown>>>;
  stop(): Promise<void>;
}

/** @param policy without its version */
export async function startPremisesAndReplica(policy: string): Promise<PremisesAndReplica> {
  const premises = await startPrimary();
  const world = await openWorld({ primary: premises });
  await world.activate(policy);
  const lane = await world.publisher();
  const heartbeat = new Heartbeat(world.bucket, world.trust, 60_000);
  const keyFolder = keyFolders(world.folder).replica('london');
  await writeFile(join(keyFolder, PINNED_ROOT_FILE), world.rootObject, { mode: 0o600 });
  const replica = await startReplicaOf(world.folder, { HOLDFAST_REPLICA_POLL_MS: '50' });
  const admin = await HttpClient.signedIn(premises, await makeUser(premises, 'administrator'));
  return {
    ...{ premises, replica, world, admin },
    ...writesOf(admin),
    person: async (...roles) => giveReplicaPassword(premises, await makeUser(premises, ...roles)),
    abroad: (person) => HttpClient.signedIn(replica, person),
    carry: () => carry({ lane, heartbeat, replica }),
    rows: async (table) => {
      const { rows } = await replica.database.admin.query<{ id: string }>(`SELECT * FROM ${table}`);
      return new Map(rows.map((row) => [row.id, row]));
    },
    stop: async () => {
      await replica.stop();
      await world.end();
      await premises.stop();
    },
  };
}

function writesOf(admin: HttpClient): Pick<PremisesAndReplica, 'make' | 'change' | 'remove'> {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await admin.call(path, {
      method,
      headers: { 'if-match': '*' },
      ...(body ? { body } : {}),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.json;
  };
  return {
    make: async (plural, body) => ((await call('POST', `/api/v1/${plural}`, body)) as { id: string }).id,
    change: async (plural, id, body) => {
      await call('PATCH', `/api/v1/${plural}/${id}`, body);
    },
    remove: async (plural, id) => {
      await call('DELETE', `/api/v1/${plural}/${id}`);
    },
  };
}

async function carry(by: {
  lane: TestPublisher;
  heartbeat: Heartbeat;
  replica: WholeServer;
}): Promise<{ generation: number; n: number }> {
  await by.lane.settle();
  const current = await by.lane.publisher.generations.current();
  if (current === null) throw new Error('nothing was published');
  await by.heartbeat.beat(current, by.lane.lease.epoch, new Date());
  const place = { generation: current.id, n: current.head };
  const { admin } = by.replica.database;
  await waitFor(
    async () => {
      const { rows } = await admin.query<{ generation: number; n: number; error: unknown }>(
        `SELECT s.generation::int, s.n::int, w.last_error AS error
         FROM replication.replica_state s, replication.replica_watch w`,
      );
      const [row] = rows;
      return row?.generation === place.generation && row.n === place.n
        ? true
        : Promise.reject(new Error(JSON.stringify({ place, row })));
    },
    { timeoutMs: 60_000, what: 'the replica to catch up' },
  );
  return place;
}
