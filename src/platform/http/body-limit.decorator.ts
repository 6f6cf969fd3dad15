import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** `import`: a table of rows; `file`: any file, whatever its type is said to be. Both arrive as a stream. */
export type BodyKind = 'import' | 'file';

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyKind?: BodyKind;
  }
}

/** What the routes that take uploads may take, in bytes. */
export type UploadLimits = Readonly<Record<BodyKind, number>>;

/**
 * The route takes an upload of up to `http.limits.importBytes`. A body that is not JSON arrives as a stream
 * (`@Body() file: Readable`) that fails with TooLarge when it grows beyond the limit. Do not combine with another
 * RouteConfig.
 */
export const ImportBody = (): MethodDecorator => RouteConfig({ bodyKind: 'import' });

/**
 * The route takes any file of up to `files.maxBytes`, as a stream, JSON included. What the sender says of its type is
 * in `request.declaredType`. Do not combine with another RouteConfig.
 */
export const FileBody = (): MethodDecorator => RouteConfig({ bodyKind: 'file' });

/** Gives routes their own limit; must be hooked in before the routes are declared. */
export function applyBodyLimits(instance: FastifyInstance, limits: UploadLimits): void {
  instance.addHook('onRoute', (route) => {
    const kind = route.config?.bodyKind;
    if (kind !== undefined) route.bodyLimit = limits[kind];
  });
}
