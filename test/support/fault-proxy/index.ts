// A proxy of our own between a client and an S3 server, in which a test puts the faults that the network or the server
// may have. Requests pass unchanged (the signature holds, since the Host header stays) unless a fault takes them.
import {
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Fault, Passing } from './faults.js';

export * from './faults.js';
export { ignoreConditions } from './resigned.js';
export { TcpLink, type LinkState } from './tcp-link.js';

/** Which requests a fault takes: by method and what stands in path and query. */
export interface Where {
  method?: string;
  path?: RegExp;
}

interface Rule extends Where {
  fault: Fault;
  left: number;
}

export interface SeenRequest {
  method: string;
  path: string;
  headers: NodeJS.Dict<string | string[]>;
}

export class FaultProxy {
  /** everything that came in, whether a fault took it or not */
  readonly seen: SeenRequest[] = [];
  private rules: Rule[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('request', (request, response) => void this.pass(request, response));
    // no waiting for 100-continue: what a proxy promises early is one of the things that go wrong
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      response.writeContinue();
      void this.pass(request, response);
    });
  }

  static async to(port: number, host = '127.0.0.1'): Promise<FaultProxy> {
    const server = createServer({ keepAliveTimeout: 1_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FaultProxy(server, { host, port });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @param times for so many requests; then they pass again */
  put(fault: Fault, where: Where = {}, times = Number.POSITIVE_INFINITY): void {
    this.rules.push({ ...where, fault, left: times });
  }

  clear(): void {
    this.rules = [];
    this.seen.length = 0;
  }

  count(method: string, path = /(?:)/): number {
    return this.seen.filter((request) => request.method === method && path.test(request.path)).length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, path: url, headers });
    const passing: Passing = {
      ...{ request, response },
      forward: (change = {}) => this.forward(request, change.headers ?? headers),
      reply: (answer) => replyWith(response, answer),
    };
    const rule = this.rules.find((each) => takes(each, method, url));
    try {
      if (rule === undefined) {
        await passing.reply(await passing.forward());
      } else {
        rule.left -= 1;
        await rule.fault(passing);
      }
    } catch {
      response.socket?.destroy(); // one side went away in the middle; so does the other
    }
  }

  private async forward(
    request: IncomingMessage,
    headers: NodeJS.Dict<string | string[]>,
  ): Promise<IncomingMessage> {
    const onward = send({
      ...{ ...this.target, method: request.method, path: request.url, agent: false },
      headers: without(headers, 'expect', 'connection'),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      onward.once('response', resolve);
      onward.once('error', reject);
    });
    answered.catch(() => undefined); // the pipeline below may fail first with the same
    await pipeline(request, onward);
    return answered;
  }
}

function takes({ method, path, left }: Rule, asked: string, url: string): boolean {
  return left > 0 && (method === undefined || method === asked) && (path?.test(url) ?? true);
}

async function replyWith(response: ServerResponse, answer: IncomingMessage): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, without(answer.headers, 'connection'));
  await pipeline(answer, response);
}

function without(
  headers: NodeJS.Dict<string | string[]>,
  ...names: string[]
): NodeJS.Dict<string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
