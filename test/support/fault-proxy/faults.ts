import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request on its way through the proxy. */
export interface Passing {
  request: IncomingMessage;
  response: ServerResponse;
  /** sends the request on, as it is or changed, and answers when the server's headers are here */
  forward: (change?: { headers?: NodeJS.Dict<string | string[]> }) => Promise<IncomingMessage>;
  /** hands the server's answer to the client */
  reply: (answer: IncomingMessage) => Promise<void>;
}

export type Fault = (passing: Passing) => Promise<void>;

async function drain(message: IncomingMessage): Promise<void> {
  message.resume();
  await finished(message, { writable: false });
}

/** S3's own error, without the server being asked. */
export function s3Error(status: number, code: string, headers: Record<string, string> = {}): Fault {
  return async ({ request, response }) => {
    await drain(request);
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

/** 200 and something that nobody asked for: a captive portal, a broken gateway. */
export const garbage: Fault = async ({ request, response }) => {
  await drain(request);
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<html><body>Welcome to the hotel!<br></html>');
};

/** The headers promise the whole object; the connection ends after `bytes` of it. */
export function breakAnswer(bytes: number, how: 'end' | 'reset'): Fault {
  return async ({ response, forward }) => {
    const answer = await forward();
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    let left = bytes;
    for await (const chunk of answer) {
      const piece = (chunk as Buffer).subarray(0, left);
      left -= piece.length;
      await new Promise((resolve) => response.write(piece, resolve));
      if (left === 0) break;
    }
    if (how === 'reset') response.socket?.resetAndDestroy();
    else response.socket?.destroySoon();
  };
}

/** The client's connection is reset after so many bytes of its body; the server never hears of the request. */
export function breakRequest(bytes: number): Fault {
  return async ({ request, response }) => {
    let seen = 0;
    for await (const chunk of request) {
      seen += (chunk as Buffer).length;
      if (seen >= bytes) break;
    }
    response.socket?.resetAndDestroy();
  };
}

/** The server does what it was asked, and nobody hears of it. */
export const loseAnswer: Fault = async ({ response, forward }) => {
  await drain(await forward());
  response.socket?.resetAndDestroy();
};

export function slowFirstByte(ms: number): Fault {
  return async ({ forward, reply }) => {
    const answer = await forward();
    await sleep(ms);
    await reply(answer);
  };
}

/** A server whose clock is off: it says so in every answer. */
export function answerWithDate(date: () => Date): Fault {
  return async ({ forward, reply }) => {
    const answer = await forward();
    answer.headers.date = date().toUTCString();
    await reply(answer);
  };
}
