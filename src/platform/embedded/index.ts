export { EmbeddedPostgresFailed } from './embedded.errors.js';
export { startEmbeddedPostgres } from './embedded-postgres.js';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
export { DataFolderInUse } from './embedded.errors.js';
export { hydrateSymlinks } from './binaries.js';
export { stopLeftover } from './postmaster.js';
