import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { HttpLimits } from '../config/index.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyKind?: 'import';
  }
}

/**
 * The route takes an upload of up to `http.limits.importBytes`. A body that is not JSON arrives as a stream
 * (`@Body() file: Readable`) that fails with TooLarge when it grows beyond the limit. Do not combine with another
 * RouteConfig.
 */
export const ImportBody = (): MethodDecorator => RouteConfig({ bodyKind: 'import' });

/** Gives routes their own limit; must be hooked in before the routes are declared. */
export function applyBodyLimits(instance: FastifyInstance, limits: HttpLimits): void {
  instance.addHook('onRoute', (route) => {
    if (route.config?.bodyKind === 'import') route.bodyLimit = limits.importBytes;
  });
}
