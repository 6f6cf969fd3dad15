import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { signEnrolment, type Enrolment } from './ack.js';
import { FormatError } from './format.errors.js';
import { KeyFolder } from './key-folder.js';
import { KeySeal } from './key-seal.js';
import { generateRecipient, recipientOf } from './key-wrap.js';
import { generateSigningKey, signerFrom, type Signer } from './signing-key.js';
import { RootKeyStore } from './root-key-store.js';
import { recipientKey } from './shape.js';

const SIGNING_KEY = 'signing.key';
const AUDIT_SIGNING_KEY = 'audit-signing.key';
const FILE_IDENTITY = 'files.key';
/** An ack has room for so many. */
const MOST_DESTROYED = 64;
const ERASURE_KEY = 'erasures.key';
const FILE_RECIPIENT = 'connector-files.pub';

export interface HeldSigner {
  /** its name in the folder */
  file: string;
  signer: Signer;
}

function numberOf(file: string): number {
  return Number(/-(\d+)\.key$/.exec(file)?.[1] ?? 1);
}

/** What the connector holds: its signing key and, per generation, the key of the row digests. */
export class ConnectorKeyStore {
  private readonly folder: KeyFolder;

  constructor(path: string) {
    this.folder = new KeyFolder(path);
  }

  /** The first signing key, made where there is none: for setting up. Whoever signs takes one of {@link signers}. */
  async signer(): Promise<Signer> {
    return signerFrom(await this.folder.readOrCreate(SIGNING_KEY, generateSigningKey));
  }

  /** Every signing key that is here, the newest first. Which of them may sign is for the root to say. */
  async signers(): Promise<HeldSigner[]> {
    const found: HeldSigner[] = [];
    for (const file of await this.folder.names()) {
      if (!/^signing(-\d+)?\.key$/.test(file)) continue;
      found.push({ file, signer: signerFrom(await this.folder.require(file)) });
    }
    return found.sort((a, b) => numberOf(b.file) - numberOf(a.file));
  }

  /**
   * The next signing key, made here so that its private half never travels. One that was made before and that no root
   * has listed yet is answered again.
   * @param listed public keys that any root has ever listed
   */
  async prepareSigner(listed: ReadonlySet<string>): Promise<Signer> {
    const [newest] = await this.signers();
    if (newest !== undefined && !listed.has(newest.signer.publicKey)) return newest.signer;
    const number = newest === undefined ? 1 : numberOf(newest.file) + 1;
    const file = number === 1 ? SIGNING_KEY : `signing-${String(number)}.key`;
    return signerFrom(await this.folder.readOrCreate(file, generateSigningKey));
  }

  async destroySigner(file: string): Promise<void> {
    await this.folder.destroy(file);
  }

  /** Made on first use. Several connectors that share the folder get the same one. */
  async digestKey(generation: number): Promise<Buffer> {
    return this.secret(`digest-${String(generation)}.key`);
  }

  /**
   * Names the objects of attachments, so that the bucket's owner cannot tell which file an object is.
   * Made on first use; changing it would name the same files anew, hence the version in the object's key.
   */
  async blobNameKey(version: number): Promise<Buffer> {
    return this.secret(`names-${String(version)}.key`);
  }

  /** Seals the data keys of files that the connector keeps in the database. */
  async fileKeySeal(): Promise<KeySeal> {
    return new KeySeal(await this.blobNameKey(1), 'holdfast connector file keys 1');
  }

  /** Opens the grants of single files; made on first use. Its public half must reach the server: see {@link publishFileRecipient}. */
  async fileIdentity(): Promise<{ identity: string; recipient: string }> {
    const { identity: fresh } = await generateRecipient();
    const identity = (await this.folder.readOrCreate(FILE_IDENTITY, () => `${fresh}\n`)).trim();
    return { identity, recipient: await recipientOf(identity) };
  }

  private async secret(name: string): Promise<Buffer> {
    const text = await this.folder.readOrCreate(name, () => randomBytes(32).toString('hex'));
    if (!/^[0-9a-f]{64}$/.test(text))
      throw new FormatError('format.key_missing', `key file ${name} is damaged`);
    return Buffer.from(text, 'hex');
  }

  async destroyDigestKey(generation: number): Promise<void> {
    await this.folder.destroy(`digest-${String(generation)}.key`);
  }
}

/** What the server on premises holds: keys of its own for its audit and its ledger, of other hosts' keys the public halves. */
export class ServerKeyStore {
  private readonly folder: KeyFolder;

  constructor(path: string) {
    this.folder = new KeyFolder(path);
  }

  /** Signs checkpoints of the audit. @returns null where there is none and none may be made */
  async auditSigner(mayCreate: boolean): Promise<Signer | null> {
    const pem = mayCreate
      ? await this.folder.readOrCreate(AUDIT_SIGNING_KEY, generateSigningKey)
      : await this.folder.read(AUDIT_SIGNING_KEY);
    return pem === null ? null : signerFrom(pem);
  }

  /** The public half of that key, made on first use, for the root to name. */
  async auditKey(): Promise<string> {
    return signerFrom(await this.folder.readOrCreate(AUDIT_SIGNING_KEY, generateSigningKey)).publicKey;
  }

  /** For whom the keys of selected files are wrapped; null where nobody has brought it yet, and then no file leaves. */
  async connectorFileRecipient(): Promise<string | null> {
    const text = await this.folder.read(FILE_RECIPIENT);
    return text === null ? null : recipientKey(text.trim(), FILE_RECIPIENT);
  }

  /** Signs the ledger of erasures, which outlives every backup of the database. */
  async erasureSigner(): Promise<Signer> {
    return signerFrom(await this.folder.readOrCreate(ERASURE_KEY, generateSigningKey));
  }

  async keepConnectorFileRecipient(recipient: string): Promise<void> {
    const text = `${recipientKey(recipient, FILE_RECIPIENT)}\n`;
    if ((await this.folder.read(FILE_RECIPIENT)) !== text) await this.folder.replace(FILE_RECIPIENT, text);
  }
}

interface OwnRecipient {
  fromGeneration: number;
  identity: string;
  recipient: string;
}

/** A replica's own keys, made on its host. Nothing here ever leaves it but public halves. */
export class ReplicaKeyStore {
  private readonly folder: KeyFolder;

  constructor(path: string) {
    this.folder = new KeyFolder(path);
  }

  async signer(): Promise<Signer> {
    return signerFrom(await this.folder.readOrCreate(SIGNING_KEY, generateSigningKey));
  }

  /** Seals the data keys of files that the replica keeps in its database. */
  async fileKeySeal(): Promise<KeySeal> {
    const secret = await this.folder.readOrCreate(SIGNING_KEY, generateSigningKey);
    return new KeySeal(Buffer.from(secret, 'utf8'), 'holdfast replica file keys 1');
  }

  /** Newest first; the first is what to announce. */
  async recipients(): Promise<OwnRecipient[]> {
    const found: OwnRecipient[] = [];
    for (const name of await this.folder.names()) {
      const match = /^recipient-(\d+)\.key$/.exec(name);
      if (match === null) continue;
      const identity = (await this.folder.require(name)).trim();
      found.push({ fromGeneration: Number(match[1]), identity, recipient: await recipientOf(identity) });
    }
    return found.sort((a, b) => b.fromGeneration - a.fromGeneration);
  }

  /** Makes the key for objects from this generation on, unless there is one. */
  async addRecipient(fromGeneration: number): Promise<void> {
    if ((await this.folder.names()).includes(`recipient-${String(fromGeneration)}.key`)) return;
    const { identity } = await generateRecipient();
    await this.folder.create(`recipient-${String(fromGeneration)}.key`, `${identity}\n`);
  }

  /** After this, objects sealed to that key alone can no longer be opened, here or anywhere. */
  async destroyRecipient(fromGeneration: number): Promise<void> {
    const known = (await this.recipients()).find((entry) => entry.fromGeneration === fromGeneration);
    await this.folder.destroy(`recipient-${String(fromGeneration)}.key`);
    // after it: a crash in between leaves a destroyed key unmentioned, never a living one said to be gone
    if (known !== undefined)
      await this.folder.create(`recipient-${String(fromGeneration)}.gone`, `${known.recipient}\n`);
  }

  /** Public halves of keys that are no longer here, the latest 64, newest first. */
  async destroyed(): Promise<string[]> {
    const gone: { fromGeneration: number; recipient: string }[] = [];
    for (const name of await this.folder.names()) {
      const match = /^recipient-(\d+)\.gone$/.exec(name);
      if (match === null) continue;
      gone.push({
        fromGeneration: Number(match[1]),
        recipient: (await this.folder.require(name)).trim(),
      });
    }
    gone.sort((a, b) => b.fromGeneration - a.fromGeneration);
    return gone.slice(0, MOST_DESTROYED).map(({ recipient }) => recipient);
  }

  /** A recipient key beside the ones that are here, for the next enrolment; what the older ones open stays open. */
  async renewRecipient(): Promise<void> {
    const [newest] = await this.recipients();
    await this.addRecipient((newest?.fromGeneration ?? 0) + 1);
  }

  /** The file that the premises' administrator needs; makes the keys on first use. */
  async enrol(tenant: string, name: string): Promise<{ enrolment: Enrolment; file: Buffer }> {
    const signer = await this.signer();
    if ((await this.recipients()).length === 0) await this.addRecipient(1);
    const [newest] = await this.recipients();
    if (newest === undefined)
      throw new FormatError('format.key_missing', 'the recipient key could not be made');
    const { recipient } = newest;
    const enrolment: Enrolment = {
      format: 'holdfast-enrolment/1',
      tenant,
      name,
      key: signer.publicKey,
      recipient,
      createdAt: now(),
    };
    return { enrolment, file: signEnrolment(enrolment, signer) };
  }
}

/** One installation's keys under one folder; on several machines, each gets only its own subfolder. */
export function keyFolders(path: string): {
  root: string;
  connector: string;
  server: string;
  replica: (name: string) => string;
} {
  return {
    root: join(path, 'root'),
    connector: join(path, 'connector'),
    server: join(path, 'server'),
    replica: (name) => join(path, 'replica', name),
  };
}

/** Carries the public half of the connector's file identity to the server's folder; makes the pair on first use. */
export async function publishFileRecipient(path: string): Promise<void> {
  const folders = keyFolders(path);
  const { recipient } = await new ConnectorKeyStore(folders.connector).fileIdentity();
  await new ServerKeyStore(folders.server).keepConnectorFileRecipient(recipient);
}

/**
 * Everything for a new tenant: root key, connector's signing key and file identity, the audit's signing key, and version 1
 * of the root, naming these replicas.
 * Calling it again changes no key.
 * @returns the object for `root/00000001.json`, to be kept by every reader as its pin
 */
export async function createTenantKeys(options: {
  folder: string;
  tenant: string;
  replicas: Enrolment[];
}): Promise<Buffer> {
  const folders = keyFolders(options.folder);
  const connector = await new ConnectorKeyStore(folders.connector).signer();
  await publishFileRecipient(options.folder);
  const replicas = options.replicas.map(({ name, key, recipient }) => ({ name, key, recipient }));
  const roots = new RootKeyStore(folders.root);
  const root = await roots.firstRoot(options.tenant, {
    manifestKeys: [connector.publicKey],
    auditKeys: [await new ServerKeyStore(folders.server).auditKey()],
    replicas,
  });
  await roots.keepPin(root);
  return root;
}

function now(): string {
  return new Date().toISOString();
}
