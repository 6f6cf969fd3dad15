export {
  createEmptyDatabase,
  createPrimaryDatabase,
  createPrimaryDatabaseOn,
  createReplicaDatabase,
  rolePasswords,
} from './test-database.js';
export type { TestDatabase } from './test-database.js';
export { freePort } from './free-port.js';
export { makeTempFolder } from './temp-folder.js';
export { startRedis } from './redis.js';
export type { TestRedis } from './redis.js';
export { waitFor } from './wait-for.js';
export type { Patience } from './wait-for.js';
export { TestApi } from './api.js';
export type { ListAnswer } from './api.js';
