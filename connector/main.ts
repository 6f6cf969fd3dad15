// Boots the connector. It dials out only; the port it opens serves health and metrics to this host.
import 'reflect-metadata';
import { runProcess } from '../src/platform/process/index.js';

await runProcess(async () => (await import('./connector.module.js')).ConnectorModule.forRoot());
