import { createHash } from 'node:crypto';
import { assertSigned, openEnvelope, signEnvelope, type Envelope } from './envelope.js';
import { FormatError } from './format.errors.js';
import { LIMITS } from './limits.js';
import {
  array,
  base64,
  nullable,
  object,
  oneOf,
  recipientKey,
  replicaName,
  tenantName,
  timestamp,
  whole,
} from './shape.js';
import { keyIdOf, type Signer } from './signing-key.js';
import { parseExactJson } from './strict-encoding.js';

export const ROOT_TYPE = 'application/vnd.holdfast.root+json';

/** Who is trusted for what, after TUF's root role. Version k+1 is signed by k's root keys and by its own. */
export interface TrustRoot {
  format: 'holdfast-root/1';
  tenant: string;
  version: number;
  createdAt: string;
  /** base64 Ed25519; held by the server's administrator, never where the connector can read them */
  rootKeys: { threshold: number; keys: string[] };
  /** who may sign manifests, beats and receipts: the connector's keys */
  manifestKeys: string[];
  /** who may sign checkpoints of the audit */
  auditKeys: string[];
  /** age recipient on premises to whom replicas seal edits; null while none are accepted */
  inboxRecipient: string | null;
  /** who may decrypt. `key` signs the replica's acks; `recipient` is its first key, later ones are announced in acks */
  replicas: { name: string; key: string; recipient: string }[];
}

const key = base64(32);
const shape = object({
  format: oneOf('holdfast-root/1'),
  tenant: tenantName,
  version: whole(1),
  createdAt: timestamp,
  rootKeys: object({ threshold: whole(1, 16), keys: array(key, 16, 1) }),
  manifestKeys: array(key, 64, 1),
  auditKeys: array(key, 64),
  inboxRecipient: nullable(recipientKey),
  replicas: array(object({ name: replicaName, key, recipient: recipientKey }), LIMITS.maxRecipients),
});

export function signRoot(root: TrustRoot, signers: readonly Signer[]): Buffer {
  return signEnvelope(ROOT_TYPE, shape(root, 'root'), signers);
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The roots from a pinned one to the newest. The pinned root is believed because it came out of band; every later one
 * because the one before it signed it.
 */
export class TrustChain {
  private readonly roots = new Map<number, TrustRoot>();
  private latest: TrustRoot;
  /** of the newest root's object */
  digest: string;

  private constructor(first: TrustRoot, digest: string) {
    this.latest = first;
    this.digest = digest;
    this.roots.set(first.version, first);
  }

  /**
   * @param expect.tenant where it is known from elsewhere; else the pin says whose it is
   * @param expect.signedBy id of a key that must be among the signers, where the root came by a way that proves nothing
   * @throws FormatError where the root is malformed, not signed by its own keys, or another tenant's
   */
  static pin(bytes: Buffer, expect: { tenant?: string; signedBy?: string } = {}): TrustChain {
    const { root, envelope } = parseRoot(bytes);
    if (expect.tenant !== undefined) assertTenant(root, expect.tenant);
    const signed = assertSigned(envelope, keysById(root.rootKeys.keys), 'root');
    assertThreshold(root, signed);
    if (expect.signedBy !== undefined && !signed.has(expect.signedBy))
      throw new FormatError('format.signature_invalid', 'root: not signed by the root key that is here');
    return new TrustChain(root, digestOf(bytes));
  }

  /** Takes the next root. @throws FormatError, leaving the chain as it was */
  extend(bytes: Buffer): TrustRoot {
    const { root, envelope } = parseRoot(bytes);
    assertTenant(root, this.latest.tenant);
    if (root.version !== this.latest.version + 1) {
      throw new FormatError(
        'format.chain_broken',
        `root: expected version ${String(this.latest.version + 1)}`,
      );
    }
    const known = keysById([...this.latest.rootKeys.keys, ...root.rootKeys.keys]);
    const signed = assertSigned(envelope, known, 'root');
    assertThreshold(this.latest, signed);
    assertThreshold(root, signed);
    this.latest = root;
    this.digest = digestOf(bytes);
    this.roots.set(root.version, root);
    return root;
  }

  get current(): TrustRoot {
    return this.latest;
  }

  /** Every root from the pinned one to the newest. */
  history(): readonly TrustRoot[] {
    return [...this.roots.values()];
  }

  root(version: number): TrustRoot {
    const root = this.roots.get(version);
    if (root === undefined)
      throw new FormatError('format.key_missing', `root ${String(version)} is not known here`);
    return root;
  }

  /** Keys that any known root trusted for manifests; which root a manifest may lean on is checked after parsing it. */
  manifestKeys(): Map<string, string> {
    return keysById([...this.roots.values()].flatMap((root) => root.manifestKeys));
  }

  /** Keys that any known root trusted for checkpoints of the audit. */
  auditKeys(): Map<string, string> {
    return keysById([...this.roots.values()].flatMap((root) => root.auditKeys));
  }
}

export function keysById(keys: readonly string[]): Map<string, string> {
  return new Map(keys.map((publicKey) => [keyIdOf(publicKey), publicKey]));
}

function parseRoot(bytes: Buffer): { root: TrustRoot; envelope: Envelope } {
  const envelope = openEnvelope(bytes, ROOT_TYPE, LIMITS.maxSmallObjectBytes);
  // Unlike a manifest, a root names the keys it is checked with, so it is read before its signatures are.
  const root = shape(parseExactJson(envelope.payload, 'root'), 'root');
  const { threshold, keys } = root.rootKeys;
  const isDistinct =
    new Set(keys).size === keys.length &&
    new Set(root.replicas.map((entry) => entry.name)).size === root.replicas.length;
  if (threshold > keys.length || !isDistinct)
    throw new FormatError('format.malformed', 'root: keys or replicas repeat, or too few for its threshold');
  return { root, envelope };
}

function assertTenant(root: TrustRoot, tenant: string): void {
  if (root.tenant !== tenant) throw new FormatError('format.other_tenant', 'root: belongs to another tenant');
}

function assertThreshold(root: TrustRoot, signed: ReadonlySet<string>): void {
  const count = [...keysById(root.rootKeys.keys).keys()].filter((id) => signed.has(id)).length;
  if (count < root.rootKeys.threshold) {
    throw new FormatError(
      'format.signature_invalid',
      `root: too few signatures by keys of root ${String(root.version)}`,
    );
  }
}
