// Plays a Holdfast that is killed and leaves its PostgreSQL behind.
import '../../support/typescript-loader.mjs';
import { writeSync } from 'node:fs';
import pg from 'pg';

const [dataFolder, port] = process.argv.slice(2);
const { startEmbeddedPostgres } = await import('../../../src/platform/embedded/index.ts');
const server = await startEmbeddedPostgres({ dataFolder, port: Number(port) });
const client = new pg.Client({ connectionString: server.url });
await client.connect();
await client.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
writeSync(1, String(server.pid));
process.kill(process.pid, 'SIGKILL');
