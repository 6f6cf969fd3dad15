/** A script's view of a server: bearer token or session in, JSON out. */
export class TestApi {
  private readonly credentials: Readonly<Record<string, string>>;

  constructor(
    readonly url: string,
    credentials: string | Readonly<Record<string, string>>,
  ) {
    this.credentials =
      typeof credentials === 'string' ? { authorization: `Bearer ${credentials}` } : credentials;
  }

  /** As a person at a browser: session cookie and CSRF token. */
  static async signIn(url: string, email: string, password: string): Promise<TestApi> {
    const response = await fetch(`${url}/api/v1/auth/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Error(`signing in as ${email} answered ${response.status}`);
    const { csrfToken } = (await response.json()) as { csrfToken: string };
    const cookie = response.headers
      .getSetCookie()
      .map((text) => text.split(';')[0])
      .join('; ');
    return new TestApi(url, { cookie, 'x-csrf-token': csrfToken });
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...this.credentials,
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
      parameters.set(name, typeof value === 'string' ? value : JSON.stringify(value));
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
