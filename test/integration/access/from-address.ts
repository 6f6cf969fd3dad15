// Requests over a real socket from an address of our choice; every address of 127.0.0.0/8 is this machine's.
import { request } from 'node:http';
import type { WholeServer } from './whole-server.js';

export interface TokenCall {
  token: string;
  /** the caller's own address; the server is asked at the loopback address of the same family */
  from?: string;
  method?: 'GET' | 'POST';
  body?: object;
  headers?: Record<string, string>;
}

export interface TokenAnswer {
  status: number;
  /** of a problem document; undefined where the answer is none */
  code: string | undefined;
}

export async function callWithToken(
  { port }: Pick<WholeServer, 'port'>,
  path: string,
  { token, from = '127.0.0.1', method = 'GET', body, headers }: TokenCall,
): Promise<TokenAnswer> {
  const options = {
    host: from.includes(':') ? '::1' : '127.0.0.1',
    localAddress: from,
    port,
    path: `/api/v1${path}`,
    method,
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => {
        const { code } = JSON.parse(text) as { code?: string };
        resolve({ status: response.statusCode ?? 0, code });
      });
    });
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
