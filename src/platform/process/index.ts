export { DatabaseModule, MigrationsPending } from './database.module.js';
export { runProcess } from './run-process.js';
