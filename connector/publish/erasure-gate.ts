import type { ConnectorDatabase } from '../connector-database.js';
import { ConnectorError } from '../connector.errors.js';
import type { SourceIdentity } from './snapshot-reader.js';

/** This database was not held against the ledger of erasures: it may hold people who were erased after its backup. */
export class ErasuresNotReplayed extends ConnectorError {
  constructor() {
    super(
      'erasures-not-replayed',
      'This database is not the one that was last held against the ledger of erasures. Start the server on it once: it erases again what came after the backup. Nothing is published before.',
    );
  }
}

/**
 * Before a generation begins from a database that may be another than before. Where no server has ever looked, only a
 * database from which all generations came passes: it has no past to bring back. @throws ErasuresNotReplayed
 */
export async function assertErasuresReplayed(
  db: ConnectorDatabase,
  { systemIdentifier, timeline }: SourceIdentity,
): Promise<void> {
  const rows = await db.query(
    `SELECT 1 FROM replication.erasure_gate g WHERE (g.system_identifier = $1 AND g.timeline = $2)
       OR (g.checked_at IS NULL AND NOT EXISTS (SELECT 1 FROM replication.generation o
         WHERE (o.system_identifier, o.timeline) <> ($1, $2)))`,
    [systemIdentifier, timeline],
  );
  if (rows.length === 0) throw new ErasuresNotReplayed();
}
