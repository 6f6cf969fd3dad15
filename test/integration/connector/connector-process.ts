import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TENANT, type ConnectorWorld } from './connector-world.js';

export interface ConnectorProcess {
  child: ChildProcess;
  output: () => string;
}

/**
 * The connector as an installation starts it, from its source.
 * @param started where the process is noted, for whoever ends it
 */
export async function startConnectorProcess(
  world: ConnectorWorld,
  queueUrl: string,
  started: ChildProcess[],
): Promise<ConnectorProcess> {
  const config = join(world.folder, 'connector.json');
  await writeFile(
    config,
    JSON.stringify({
      role: 'connector',
      http: { host: '127.0.0.1', port: 0 },
      database: { url: world.database.urls.connector },
      queue: { databaseUrl: queueUrl },
      bucket: { url: world.bucket.url },
      tenant: { id: TENANT },
      keys: { folder: world.folder },
      connector: { pollMs: 100, leaseMs: 2_000, spoolFolder: world.spoolFolder },
    }),
    { mode: 0o600 },
  );
  const root = new URL('../../../', import.meta.url);
  const loader = new URL('test/support/typescript-loader.mjs', root).href;
  const child = spawn(
    process.execPath,
    ['--import', loader, new URL('connector/main.ts', root).pathname, '--config', config],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (block: Buffer) => (text += block.toString()));
  return { child, output: () => text };
}
