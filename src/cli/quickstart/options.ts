import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

export interface QuickstartOptions {
  /** absolute; holds all data and keys */
  readonly home: string;
  readonly port: number;
  readonly replicaPort: number;
  readonly demo: boolean;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('should be a port, 1 to 65535');
  return value;
}

export function readOptions(argv: readonly string[]): QuickstartOptions {
  const command = new Command('npm start --')
    .description('Starts PostgreSQL, the server, the connector and one replica on this machine.')
    .option('--home <folder>', 'folder for all data and keys', '.holdfast')
    .option('--port <port>', 'port of the server on premises', port, 8080)
    .option('--replica-port <port>', 'port of the cloud replica', port, 8081)
    .option('--no-demo', 'start empty, without demo data')
    .allowExcessArguments(false)
    .parse([...argv]);
  const {
    home,
    port: serverPort,
    replicaPort,
    demo,
  } = command.opts<{ home: string; port: number; replicaPort: number; demo: boolean }>();
  return { home: resolve(home), port: serverPort, replicaPort, demo };
}
