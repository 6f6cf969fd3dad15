import { SetMetadata } from '@nestjs/common';

/** Metadata key that the auth guard looks for. */
export const IS_PUBLIC = 'holdfast:public';

/** Opens a route (or a controller) to callers who are not signed in. All others are closed. */
export const Public = (): ClassDecorator & MethodDecorator => SetMetadata(IS_PUBLIC, true);
