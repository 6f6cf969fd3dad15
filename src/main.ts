// Boots the role that the config names. Its modules load only when the config is known to be right, so that a wrong
// key is told at once, and a replica never loads what only a primary has.
import 'reflect-metadata';
import { runProcess } from './platform/process/index.js';

await runProcess(async (config) => {
  if (config.role === 'replica')
    return (await import('./replica.module.js')).ReplicaServerModule.forConfig(config);
  return (await import('./primary.module.js')).PrimaryModule.forConfig(config);
});
