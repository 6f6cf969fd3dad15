import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An import knows which process holds it, so that one taken for dead cannot write beside its successor, and how often it
 * was taken since it last got on, so that one that can never end is given up.
 */
export class FenceImports1763800710000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE platform.import
        ADD COLUMN holder uuid,
        ADD COLUMN attempts integer NOT NULL DEFAULT 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE platform.import DROP COLUMN holder, DROP COLUMN attempts');
  }
}
