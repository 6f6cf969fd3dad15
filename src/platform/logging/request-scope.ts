import { AsyncLocalStorage } from 'node:async_hooks';

interface RequestScope {
  requestId: string;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Everything that `work` starts, however late, logs with this id and hands it on to the jobs it adds. */
export function runInRequest<T>(requestId: string, work: () => T): T {
  return scopes.run({ requestId }, work);
}

/** The id of the request or job that this code runs for. */
export function currentRequestId(): string | undefined {
  return scopes.getStore()?.requestId;
}
