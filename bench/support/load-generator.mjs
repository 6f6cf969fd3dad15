// Sends requests over a fixed number of connections, one at a time on each, and counts. A process of its own, with
// sockets and ready-made bytes only, so that it costs little beside what is measured.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { percentile } from './statistics.mjs';

const settings = JSON.parse(process.argv[2]);

process.on('message', async (job) => {
  process.send(await run({ ...settings, ...job }));
});

/** @param job `{ port, method, paths, body, headers, connections, seconds }`; `body` may hold `$n` */
async function run(job) {
  const state = { latencies: [], failures: new Map(), end: performance.now() + job.seconds * 1000, sent: 0 };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: job.connections }, () => drive(job, state)));
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    requests: state.latencies.length,
    seconds,
    perSecond: state.latencies.length / seconds,
    p50: percentile(state.latencies, 0.5),
    p99: percentile(state.latencies, 0.99),
    failures: Object.fromEntries(state.failures),
  };
}

function requestOf({ method, paths, body, headers, port }, n) {
  const path = paths[n % paths.length];
  const content = body === undefined ? '' : body.replaceAll('$n', `${n}-${randomBytes(4).toString('hex')}`);
  const lines = [`${method} ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`];
  for (const [name, value] of Object.entries(headers ?? {})) lines.push(`${name}: ${value}`);
  if (body !== undefined)
    lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(content)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`);
}

function drive(job, state) {
  return new Promise((resolve, reject) => {
    const socket = connect(job.port, '127.0.0.1');
    socket.setNoDelay(true);
    let sentAt = 0;
    let answer = new AnswerReader();
    const next = () => {
      if (performance.now() >= state.end) {
        socket.end();
        resolve();
        return;
      }
      const request = requestOf(job, state.sent++);
      sentAt = performance.now();
      socket.write(request);
    };
    socket.once('connect', next);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (!answer.push(chunk)) return;
      state.latencies.push(performance.now() - sentAt);
      if (answer.status >= 300)
        state.failures.set(answer.status, (state.failures.get(answer.status) ?? 0) + 1);
      answer = new AnswerReader();
      next();
    });
  });
}

class AnswerReader {
  status = 0;
  #head = Buffer.alloc(0);
  #missing = -1;

  /** @returns whether the answer is whole */
  push(chunk) {
    if (this.#missing >= 0) {
      this.#missing -= chunk.length;
      return this.#missing <= 0;
    }
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = this.#head.latin1Slice(0, end);
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined && this.status !== 204) throw new Error(`an answer without a length: ${head}`);
    this.#missing = Number(length ?? 0) - (this.#head.length - end - 4);
    return this.#missing <= 0;
  }
}
