export { FileBody, ImportBody } from './body-limit.decorator.js';
export { parseBoundedJson } from './bounded-json.js';
export { createHttpApp, listen } from './create-http-app.js';
export { isUnavailable } from './problem-of-any.js';
export { MAX_INTEGER, WholeNumberPipe } from './whole-number.pipe.js';
export { IS_PUBLIC, Public } from './public.decorator.js';
export {
  Ctx,
  setPrincipal,
  systemContext,
  type Principal,
  type RequestContext,
  type RequestWithContext,
} from './request-context.js';
