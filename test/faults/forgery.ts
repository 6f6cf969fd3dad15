import {
  parseLine,
  readPart,
  keyFolders,
  manifestKey,
  ReplicaKeyStore,
  signManifest,
  verifyManifest,
  writePart,
  type Manifest,
  type PartEntry,
  type Signer,
} from '../../src/replication/format/index.js';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { TENANT } from '../integration/connector/connector-world.js';
import type { FaultWorld } from './fault-world.js';

/** The manifest at a place, as the premises signed it. */
export async function manifestAt(world: FaultWorld, generation: number, n: number): Promise<Manifest> {
  const bytes = await world.bucket.get(manifestKey(generation, n));
  return verifyManifest(bytes, world.trust.chain, { tenant: TENANT });
}

/** Puts another manifest in the place of a true one. @returns what puts the true one back */
export async function forgeManifest(
  world: FaultWorld,
  place: { generation: number; n: number },
  change: Partial<Manifest>,
  signer: Signer = world.trust.signer,
): Promise<() => Promise<unknown>> {
  const key = manifestKey(place.generation, place.n);
  const truth = await world.bucket.get(key);
  const manifest = await manifestAt(world, place.generation, place.n);
  await world.bucket.put(key, signManifest({ ...manifest, ...change }, signer));
  return () => world.bucket.put(key, truth);
}

/**
 * Seals other lines for the replica into the place of a true part. Everybody can: the recipients stand in every manifest.
 * @param change answers a line of the same length
 */
export async function forgePart(
  world: FaultWorld,
  { generation, n, recipients, parts }: Manifest,
  change: (line: string) => string,
): Promise<() => Promise<unknown>> {
  const [expect] = parts;
  if (expect === undefined || parts.length > 1) throw new RangeError('a manifest of one part is expected');
  const keys = new ReplicaKeyStore(keyFolders(world.folder).replica('london'));
  const identity = (await keys.recipients()).map((entry) => entry.identity);
  const context = { tenant: TENANT, generation, n, part: 0 };
  const truth = await world.bucket.get(expect.name);
  const lines: Buffer[] = [];
  for await (const line of readPart({ context, identity, source: truth, expect })) lines.push(line);
  const path = join(world.folder, randomUUID());
  const writer = writePart({ context, recipients, path });
  for (const line of lines) {
    const isRow = parseLine(line).kind === 'upsert';
    await writer.line(isRow ? change(line.toString()) : line);
  }
  const forged: PartEntry = await writer.finish();
  if (forged.bytes !== expect.bytes || forged.plainBytes !== expect.plainBytes)
    throw new RangeError('the forged part has another length');
  await world.bucket.putFile(expect.name, path);
  return () => world.bucket.put(expect.name, truth);
}
