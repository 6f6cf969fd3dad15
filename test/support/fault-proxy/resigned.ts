import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Fault } from './faults.js';

/**
 * A gateway in between that takes `If-None-Match` out of each request and signs the rest anew with the keys that it
 * was given, as some do: the server behind it never hears the condition.
 */
export function ignoreConditions(keys: { accessKeyId: string; secretAccessKey: string }): Fault {
  return async ({ request, forward, reply }) => {
    await reply(await forward({ headers: resign(request, keys) }));
  };
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** AWS signature 4 over the headers that were signed before, without the condition. */
function resign(
  { method = '', url = '', headers }: IncomingMessage,
  keys: { accessKeyId: string; secretAccessKey: string },
): NodeJS.Dict<string | string[]> {
  const authorization = headers.authorization ?? '';
  const names = (/SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '')
    .split(';')
    .filter((name) => name !== 'if-none-match');
  const scope = /Credential=[^/]+\/([^,]+)/.exec(authorization)?.[1] ?? '';
  const [day = '', region = '', service = ''] = scope.split('/');
  const [path = '', query = ''] = url.split('?');
  const canonicalQuery = query.split('&').filter(Boolean).sort().join('&');
  const lines = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const payload = String(headers['x-amz-content-sha256']);
  const canonical = [method, path, canonicalQuery, lines, names.join(';'), payload].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, hex(canonical)].join('\n');
  const dated = hmac(hmac(hmac(`AWS4${keys.secretAccessKey}`, day), region), service);
  const signature = hmac(hmac(dated, 'aws4_request'), toSign).toString('hex');
  const credential = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}`;
  const { 'if-none-match': _condition, ...kept } = headers;
  return {
    ...kept,
    authorization: `${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}
