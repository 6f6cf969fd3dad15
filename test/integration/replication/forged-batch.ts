// A batch in whose place the premises' own signer has put another: what only a faulty publisher could do.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  beatKey,
  digestOf,
  manifestKey,
  readPart,
  signBeat,
  signManifest,
  verifyBeat,
  writePart,
  type Manifest,
} from '../../../src/replication/format/index.js';
import { makeTempFolder } from '../../support/index.js';
import { TENANT, type ConnectorWorld } from '../connector/connector-world.js';

/** What is said otherwise than it was. */
export interface Forgery {
  lines: (lines: string[]) => string[];
  manifest?: Partial<Manifest>;
}

/**
 * Seals other lines into the one part of the newest batch, signs a manifest that counts them, and a beat that names it.
 * @returns puts back what was there
 */
export async function forgeBatch(
  world: ConnectorWorld,
  { generation, n }: { generation: number; n: number },
  { lines: change, manifest: more = {} }: Forgery,
): Promise<() => Promise<void>> {
  const { bucket, trust, identities } = world;
  const manifest = await world.readManifest(generation, n);
  const [expect] = manifest.parts;
  if (expect === undefined || manifest.parts.length > 1) throw new RangeError('one part is expected');
  const context = { tenant: TENANT, generation, n, part: 0 };
  const names = [expect.name, manifestKey(generation, n), beatKey];
  const truth = await Promise.all(names.map((name) => bucket.get(name)));
  const lines: string[] = [];
  for await (const line of readPart({
    context,
    identity: identities,
    source: truth[0] ?? Buffer.alloc(0),
    expect,
  }))
    lines.push(line.toString());
  const path = join(await makeTempFolder('forged'), randomUUID());
  const writer = writePart({ context, recipients: manifest.recipients, path });
  for (const line of change(lines)) await writer.line(line);
  const part = { ...(await writer.finish()), name: expect.name };
  const forged = signManifest({ ...manifest, parts: [part], ...more }, trust.signer);
  const beat = verifyBeat(truth[2] ?? Buffer.alloc(0), trust.chain, { tenant: TENANT });
  await bucket.putFile(expect.name, path);
  await bucket.put(manifestKey(generation, n), forged);
  await bucket.put(beatKey, signBeat({ ...beat, manifest: digestOf(forged) }, trust.signer));
  return async () => {
    for (const [index, name] of names.entries()) await bucket.put(name, truth[index] ?? Buffer.alloc(0));
  };
}
