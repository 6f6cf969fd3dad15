/** A script's view of a server: bearer token in, JSON out. */
export class TestApi {
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    const response = await this.request('GET', path);
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer as T;
  }

  list<T = Record<string, unknown>>(
    plural: string,
    query: Record<string, unknown> = {},
  ): Promise<ListAnswer<T>> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      parameters.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
    return this.get<ListAnswer<T>>(`/${plural}?${parameters.toString()}`);
  }

  /** every record, page by page */
  async all<T = Record<string, unknown>>(plural: string, query: Record<string, unknown> = {}): Promise<T[]> {
    const records: T[] = [];
    let cursor: string | null = null;
    do {
      const page: ListAnswer<T> = await this.list<T>(plural, {
        ...query,
        limit: 200,
        ...(cursor === null ? {} : { cursor }),
      });
      records.push(...page.data);
      cursor = page.page.nextCursor;
    } while (cursor !== null);
    return records;
  }
}

export interface ListAnswer<T> {
  data: T[];
  page: { nextCursor: string | null; count?: number; countCapped?: boolean };
}
