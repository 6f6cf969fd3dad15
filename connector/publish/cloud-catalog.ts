import { escapeIdentifier } from 'pg';
import type { TypeSchema } from '../../src/replication/format/index.js';
import type { ConnectorDatabase, Session } from '../connector-database.js';

/** The one type whose rows refer to objects under `b/`. */
export const ATTACHMENT_TYPE = 'attachment';

/** One policy view and what the connector must know to read it. */
export interface CloudType extends TypeSchema {
  /** schema-qualified; null where no other row hangs on this type */
  dependentsFunction: string | null;
}

/** What exists under the policy in force, read inside one snapshot. */
export interface CloudCatalog {
  policyVersion: number;
  policyHash: string;
  /** a batch with more deletes than this waits for a person; null: none does */
  brakeDeletes: number | null;
  /** in the order of the catalogue */
  types: CloudType[];
  /** by type, over all that can change rows without a trigger firing */
  fingerprints: Fingerprints;
}

export type Fingerprints = Readonly<Record<string, string>>;

const ACTIVE = 'SELECT version, hash FROM replication.active_policy';
const CATALOG = `
  SELECT p.version, p.hash, p.brake_deletes,
    (SELECT coalesce(json_agg(json_build_object(
        'type', c.type, 'columns', c.columns, 'treatments', c.treatments, 'dependentsFunction', c.dependents_function) ORDER BY c.position), '[]')
      FROM replication.view_catalog c) AS types,
    (SELECT coalesce(json_object_agg(f.type, f.fingerprint), '{}') FROM cloud.catalog_fingerprint() f) AS fingerprints
  FROM replication.active_policy p`;

interface CatalogRow {
  version: number;
  hash: string;
  brake_deletes: number | null;
  types: CloudType[];
  fingerprints: Record<string, string>;
}

/** Answers null where no policy was ever activated: then nothing may leave. */
export async function readCatalog(session: Session): Promise<CloudCatalog | null> {
  const { rows } = await session.query<CatalogRow>(CATALOG);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    policyVersion: row.version,
    policyHash: row.hash,
    brakeDeletes: row.brake_deletes,
    types: row.types,
    fingerprints: row.fingerprints,
  };
}

interface ActiveVersion {
  version: number;
  hash: string;
}

export async function readActiveVersion(db: ConnectorDatabase): Promise<ActiveVersion | null> {
  const [row] = await db.query<ActiveVersion>(ACTIVE);
  return row ?? null;
}

/** The same inside a transaction. */
export async function readActiveVersionIn(tx: Session): Promise<ActiveVersion | null> {
  const { rows } = await tx.query<ActiveVersion>(ACTIVE);
  return rows[0] ?? null;
}

/** The view of a type, quoted. Type names come from the catalogue, which only the maintainer may write. */
export function viewOf(type: string): string {
  return `cloud.${escapeIdentifier(type)}`;
}
