import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CliError } from './cli.errors.js';

const timeoutMs = 30_000;

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { path: string; message: string }[];
}

/** Talks to a running server on behalf of the command line. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** The server that `npm start` wrote down in the home folder, with the token there or another person's. */
  static async ofHome(home: string, token?: string): Promise<ApiClient> {
    const path = join(home, 'quickstart.json');
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new CliError(
        `There is no ${path}. Start Holdfast with \`npm start\` first, or name its folder with --home.`,
      );
    });
    const { primary, apiToken } = JSON.parse(text) as { primary: { url: string }; apiToken: string };
    return new ApiClient(primary.url, token?.trim() ?? apiToken);
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>('GET', path);
  }

  post<T>(path: string, body: unknown = {}, waitMs = timeoutMs): Promise<T> {
    return this.request<T>('POST', path, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(waitMs),
    });
  }

  /** Streams a file, whatever its size. */
  putFile<T>(path: string, file: string, contentType: string): Promise<T> {
    return this.sendFile<T>('PUT', path, file, contentType);
  }

  /** As {@link putFile}, to make something new of it. */
  postFile<T>(path: string, file: string, contentType: string): Promise<T> {
    return this.sendFile<T>('POST', path, file, contentType);
  }

  private async sendFile<T>(
    method: 'PUT' | 'POST',
    path: string,
    file: string,
    contentType: string,
  ): Promise<T> {
    const { size } = await stat(file);
    const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    const headers = { 'content-type': contentType, 'content-length': String(size) };
    return this.request<T>(method, path, {
      body,
      headers,
      duplex: 'half',
      signal: AbortSignal.timeout(600_000),
    });
  }

  /** A file as it is: decoding it would lose a byte order mark. */
  async bytes(path: string): Promise<Buffer> {
    const response = await this.send('GET', path, {});
    return Buffer.from(await response.arrayBuffer());
  }

  private async request<T>(
    method: string,
    path: string,
    init: RequestInit & { duplex?: 'half' } = {},
  ): Promise<T> {
    const response = await this.send(method, path, init);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async send(
    method: string,
    path: string,
    init: RequestInit & { duplex?: 'half' },
  ): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(init.headers as Record<string, string> | undefined),
    };
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      signal: AbortSignal.timeout(timeoutMs),
      ...init,
      method,
      headers,
    }).catch((error: unknown) => {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
      throw new CliError(`The server at ${this.baseUrl} does not answer (${cause}). Is it running?`);
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

async function problemOf(response: Response): Promise<CliError> {
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const details = (problem.errors ?? []).map(({ path, message }) =>
    path === '' ? message : `${path}: ${message}`,
  );
  return new CliError(problem.detail ?? problem.title ?? `The server answered ${response.status}.`, {
    details,
    problem: { ...problem },
  });
}
