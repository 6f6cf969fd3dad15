// The routes of a server as Nest knows them, for tests that must not miss one.
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';

/** What Nest serves, whether the document knows of it or not. */
export function routesOf(modules: ModulesContainer): string[] {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => {
    const prototype = (metatype as new () => object).prototype as Record<string, object>;
    const base = Reflect.getMetadata(PATH_METADATA, metatype as object) as string;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const method = Reflect.getMetadata(METHOD_METADATA, prototype[name] ?? {}) as RequestMethod | undefined;
      if (method === undefined) return [];
      const path = Reflect.getMetadata(PATH_METADATA, prototype[name] ?? {}) as string;
      const parts = [base, path].map((part) => part.replace(/^\/|\/$/g, '')).filter(Boolean);
      return [`${RequestMethod[method].toLowerCase()} /${parts.join('/').replace(/:(\w+)/g, '{$1}')}`];
    });
  });
}
