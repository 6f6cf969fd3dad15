import { SetMetadata } from '@nestjs/common';
import type { RoleFlag } from '../roles/role.js';

export const REQUIRED_FLAG = 'holdfast:required-flag';
export const WORKS_ON_REPLICA = 'holdfast:works-on-replica';
export const PRIMARY_ONLY = 'holdfast:primary-only';
export const OPEN_BEFORE_PASSWORD_CHANGE = 'holdfast:open-before-password-change';

/** Only for those whose roles carry the flag (and whose token, if any, has its scope). 403 for others. */
export const RequirePermission = (flag: RoleFlag) => SetMetadata(REQUIRED_FLAG, flag);

/** A change that exists on premises only: 405 on a replica. */
export const PrimaryOnly = () => SetMetadata(PRIMARY_ONLY, true);

/** One of the few changes that a replica makes in its own database; every other one is 405 there. */
export const WorksOnReplica = () => SetMetadata(WORKS_ON_REPLICA, true);

/** Still answered while the person must choose a new password. */
export const OpenBeforePasswordChange = () => SetMetadata(OPEN_BEFORE_PASSWORD_CHANGE, true);
