// A person who sends and fetches bytes.
import { HttpClient, type Credentials, type HttpAnswer, type WholeServer } from '../access/whole-server.js';

export interface BinaryAnswer {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

export interface Binary {
  readonly headers: Record<string, string>;
  json(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer>;
  get(path: string, headers?: Record<string, string>, method?: string, body?: string): Promise<BinaryAnswer>;
  upload(path: string, query: Record<string, string>, body: Buffer, type?: string): Promise<HttpAnswer>;
}

export interface AttachmentAnswer {
  id: string;
  name: string;
  mediaType: string;
  previewable: boolean;
  bytes: number;
}

/** A one-pixel picture. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** As short as a PDF can be. */
export const pdf = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);

export const fileOf = (answer: HttpAnswer): AttachmentAnswer => answer.json as AttachmentAnswer;

export async function binaryCall(server: WholeServer, person: Credentials): Promise<Binary> {
  const client = await HttpClient.signedIn(server, person);
  const headers = client.credentials();
  const at = (path: string) => `${server.url}/api/v1${path}`;
  return {
    headers,
    json: (method, path, body, more = {}) => client.call(`/api/v1${path}`, { method, body, headers: more }),
    get: async (path, more = {}, method = 'GET', body) => {
      const init = { method, headers: { ...headers, ...more }, ...(body === undefined ? {} : { body }) };
      const response = await fetch(at(path), init);
      return {
        status: response.status,
        headers: response.headers,
        bytes: Buffer.from(await response.arrayBuffer()),
      };
    },
    upload: async (path, query, body, type = 'application/octet-stream') => {
      const response = await fetch(`${at(path)}?${new URLSearchParams(query).toString()}`, {
        method: 'POST',
        headers: { ...headers, ...(type === '' ? {} : { 'content-type': type }) },
        body: new Uint8Array(body),
      });
      const text = await response.text();
      const json: unknown = text === '' ? undefined : JSON.parse(text);
      return { status: response.status, headers: response.headers, text, json };
    },
  };
}
