import { ownPath } from './own-path.js';
import { ApiProblem } from './problem.js';
import { noteReplicaState } from './replica-state.js';
import { session } from './session.js';

const basePath = '/api/v1';
const timeoutMs = 20_000;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** the sign-in form: a 401 means a wrong password, not an ended session */
  isSignIn?: boolean;
}

export interface Answer<T> {
  body: T;
  headers: Headers;
}

function requestInit(options: RequestOptions): RequestInit {
  const timeout = AbortSignal.timeout(timeoutMs);
  const csrfToken = session.get()?.csrfToken;
  const isWrite = options.method !== undefined && options.method !== 'GET';
  return {
    method: options.method ?? 'GET',
    credentials: 'same-origin',
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    headers: {
      Accept: 'application/json',
      ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(isWrite && csrfToken ? { 'X-CSRF-Token': csrfToken } : {}),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  };
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // a proxy answered instead of Holdfast
    return { code: 'not-json', title: response.statusText };
  }
}

/**
 * Calls the API.
 * @throws ApiProblem when the server refused, or with status 0 when it did not answer within 20 s;
 *   an abort by the caller's own signal passes through as AbortError
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const url = `${basePath}${ownPath(path)}`;
  let response: Response;
  try {
    response = await fetch(url, requestInit(options));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiProblem(0, { code: 'unreachable' });
  }
  noteReplicaState(response.headers);
  const body = await readBody(response);
  if (!response.ok) {
    if (response.status === 401 && !options.isSignIn) session.set(null);
    throw new ApiProblem(response.status, body);
  }
  return { body: body as T, headers: response.headers };
}
