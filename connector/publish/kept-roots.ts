import type { ConnectorDatabase } from '../connector-database.js';

/** Roots of trust on premises, where the bucket cannot withhold them. What is read from it is verified like any other. */
export interface RootShelf {
  /** the roots above a version, in order */
  after(version: number): Promise<Buffer[]>;
  /** keeps one that was found elsewhere; known versions stay as they are */
  keep(version: number, root: Buffer): Promise<void>;
  /** tells the administrator that this root is known here, and which key signs under it; null: none that it lists */
  noteUse(version: number, signingKey: string | null): Promise<void>;
}

/** Rows of `replication.trust_root`. */
export class KeptRoots implements RootShelf {
  constructor(private readonly db: ConnectorDatabase) {}

  async after(version: number): Promise<Buffer[]> {
    const rows = await this.db.query<{ object: Buffer }>(
      'SELECT object FROM replication.trust_root WHERE version > $1 ORDER BY version',
      [version],
    );
    return rows.map(({ object }) => object);
  }

  async keep(version: number, root: Buffer): Promise<void> {
    await this.db.query(
      'INSERT INTO replication.trust_root (version, object) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [version, root],
    );
  }

  async noteUse(version: number, signingKey: string | null): Promise<void> {
    await this.db.query(
      `UPDATE replication.trust_root SET signing_key = $2, taken_up_at = clock_timestamp()
       WHERE version = $1 AND (taken_up_at IS NULL OR signing_key IS DISTINCT FROM $2)`,
      [version, signingKey],
    );
  }
}
