// Boots the connector, which dials out only: what it may read is decided by its database role.
import 'reflect-metadata';
import { runProcess } from '../src/platform/process/index.js';

await runProcess(async () => (await import('./connector.module.js')).ConnectorModule.forRoot());
