import { currentSession, isReplica } from '../../api/session.js';
import type { RecordType } from '../../api/types.js';

/** Types that describe the system and those who work with it: the server refuses to erase them. */
const ofTheSystem = ['user', 'pipeline', 'stage'];

/** Whether erasing for good is offered. The server decides again. */
export const mayErase = (type: RecordType): boolean =>
  !isReplica() && currentSession().may.includes('manageCloud') && !ofTheSystem.includes(type.name);
