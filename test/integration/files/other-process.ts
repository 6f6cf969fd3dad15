// A second server of an installation, in a process of its own: to be measured, and to be killed.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { nodeArguments } from '../../../src/cli/quickstart/child-process.js';
import { freePort, waitFor } from '../../support/index.js';
import type { WholeServer } from '../access/whole-server.js';

export interface OtherProcess {
  child: ChildProcess;
  url: string;
  /** resident memory right now, in bytes */
  rss(): Promise<number>;
}

export function build(): void {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
}

/** On the database, keys and files of a server of the test's own process. */
export async function startBeside(server: WholeServer): Promise<OtherProcess> {
  const port = await freePort();
  const { database, queue, keys, files, tenant } = server.config;
  const child = spawn(process.execPath, [...nodeArguments, 'dist/src/main.js'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url,
      HOLDFAST_QUEUE_DATABASE_URL: queue.databaseUrl ?? '',
      HOLDFAST_KEYS_FOLDER: keys.folder,
      HOLDFAST_FILES_FOLDER: files.folder,
      HOLDFAST_TENANT_ID: tenant.id,
      HOLDFAST_HTTP_PORT: String(port),
      HOLDFAST_LOG_LEVEL: 'warn',
    },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${String(port)}`;
  await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200, { timeoutMs: 60_000, what: url });
  const rss = async (): Promise<number> => {
    const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  };
  return { child, url, rss };
}

/** Bytes that never repeat within a chunk of the store, made as they are asked for. */
export function* manyBytes(length: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024);
  for (let at = 0, n = 0; at < length; at += block.length, n += 1) {
    for (let i = 0; i < block.length; i += 4) block.writeUInt32LE((n * 16_384 + i) >>> 0, i);
    yield Buffer.from(block.subarray(0, Math.min(block.length, length - at)));
  }
}

interface Sent {
  status: number;
  json: Record<string, unknown>;
}

export async function sendFile(
  url: string,
  headers: Record<string, string>,
  source: Iterable<Buffer> | AsyncIterable<Buffer>,
  length: number,
): Promise<Sent> {
  const more = { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(length) };
  const outgoing = request(url, { method: 'POST', headers: more });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  // where the line breaks while the body is on its way, the pipeline tells
  answered.catch(() => undefined);
  await pipeline(Readable.from(source), outgoing);
  const [answer] = await answered;
  const text = await answer.setEncoding('utf8').reduce((all: string, part: string) => all + part, '');
  return { status: answer.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> };
}

/** @returns the SHA-256 of what came, in hex */
export async function fetchFile(url: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(url, { headers });
  if (response.status !== 200 || response.body === null)
    throw new Error(`answered ${String(response.status)}`);
  const hash = createHash('sha256');
  for await (const block of response.body) hash.update(block as Uint8Array);
  return hash.digest('hex');
}

/** The most that `work` makes the memory grow beyond what it was before, in bytes. */
export async function growthDuring(other: OtherProcess, work: () => Promise<void>): Promise<number> {
  const before = await other.rss();
  let most = before;
  const timer = setInterval(() => {
    void other.rss().then((now) => (most = Math.max(most, now)));
  }, 25);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}
