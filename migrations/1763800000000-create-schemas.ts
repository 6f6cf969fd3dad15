import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may enter which schema. What a role may do inside is granted by the migration that makes the table. PUBLIC may
 * do nothing, functions included: a migration that makes a function says who may execute it.
 */
const usage: Record<string, string[]> = {
  public: ['holdfast_maintainer', 'holdfast_app', 'holdfast_replica_apply', 'holdfast_replica_app'],
  crm: ['holdfast_maintainer', 'holdfast_app', 'holdfast_replica_apply', 'holdfast_replica_app'],
  access: ['holdfast_maintainer', 'holdfast_app', 'holdfast_replica_apply', 'holdfast_replica_app'],
  audit: ['holdfast_app', 'holdfast_replica_app'],
  replication: [
    'holdfast_maintainer',
    'holdfast_app',
    'holdfast_connector',
    'holdfast_replica_apply',
    'holdfast_replica_app',
  ],
  cloud: ['holdfast_maintainer', 'holdfast_connector'],
  platform: ['holdfast_maintainer', 'holdfast_app', 'holdfast_replica_apply', 'holdfast_replica_app'],
};

export class CreateSchemas1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
    await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public');
    await runner.query('CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public');
    for (const [schema, roles] of Object.entries(usage)) {
      if (schema !== 'public') await runner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await runner.query(`REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`);
      await runner.query(`GRANT USAGE ON SCHEMA ${schema} TO ${roles.join(', ')}`);
    }
    // policy views are compiled at run time
    await runner.query('GRANT CREATE ON SCHEMA cloud TO holdfast_maintainer');
    // the readiness check compares these with the program's own
    await runner.query(
      'GRANT SELECT ON platform.schema_migration TO holdfast_app, holdfast_replica_app, holdfast_replica_apply',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const schema of Object.keys(usage))
      if (schema !== 'public' && schema !== 'platform') await runner.query(`DROP SCHEMA ${schema} CASCADE`);
    await runner.query('DROP EXTENSION unaccent');
    await runner.query('DROP EXTENSION pg_trgm');
  }
}
