// Loading this module declares every record type of the CRM, in a fixed order.
export { User } from './users/index.js';
export { Account } from './accounts/index.js';
export { Contact } from './contacts/index.js';
export { Product } from './products/index.js';
export { Deal, Pipeline, Stage } from './deals/index.js';
export { Case } from './cases/index.js';
export { Activity } from './activities/index.js';
