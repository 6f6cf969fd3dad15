export { ImportsModule } from './imports.module.js';
export type { ImportOptions } from './imports.options.js';
