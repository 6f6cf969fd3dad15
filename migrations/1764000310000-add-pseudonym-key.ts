import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The key of the pseudonyms, and what a replica is told of treated fields. The policy views run with the maintainer's
 * rights and join the key; nobody else may read it, the server and the connector least of all.
 */
export class AddPseudonymKey1764000310000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE replication.pseudonym_key (
      id uuid PRIMARY KEY,
      -- the key's two blocks of HMAC-SHA256 (RFC 2104): its bytes xor 0x36, and xor 0x5c
      inner_block bytea NOT NULL CHECK (octet_length(inner_block) = 64),
      outer_block bytea NOT NULL CHECK (octet_length(outer_block) = 64),
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
    await runner.query('CREATE UNIQUE INDEX pseudonym_key_single ON replication.pseudonym_key ((true))');
    await runner.query('GRANT SELECT, INSERT ON replication.pseudonym_key TO holdfast_maintainer');
    await runner.query(
      `ALTER TABLE replication.view_catalog ADD COLUMN treatments jsonb NOT NULL DEFAULT '[]'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replication.view_catalog DROP COLUMN treatments');
    await runner.query('DROP TABLE replication.pseudonym_key CASCADE');
  }
}
