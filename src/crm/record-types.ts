// Loading this module declares every record type of the CRM, in a fixed order.
import './users/index.js';
import './accounts/index.js';
import './contacts/index.js';
import './products/index.js';
import './deals/index.js';
import './cases/index.js';
import './activities/index.js';
import './leads/index.js';
import './campaigns/index.js';
import './deal-lines/index.js';
