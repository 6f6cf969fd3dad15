import { Writable } from 'node:stream';
import { connect } from 'node:net';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '../../../src/platform/config/index.js';
import { createHttpApp, listen } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';

export interface RunningServer {
  app: NestFastifyApplication;
  port: number;
  url: string;
  /** Every log object so far. */
  lines: Record<string, unknown>[];
  close(): Promise<void>;
}

/** The real server on a free port; `env` as an administrator would set it. */
export async function startServer(feature: Type, env: Record<string, string> = {}): Promise<RunningServer> {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const config = loadConfig({
    env: {
      DATABASE_URL: 'postgres://unused/unused',
      REDIS_URL: 'redis://unused',
      HOLDFAST_HTTP_PORT: '0',
      ...env,
    },
  });
  const app = await createHttpApp(feature, config, createLogger({ level: 'trace', name: 'test', stream }));
  const port = await listen(app, config);
  return { app, port, url: `http://127.0.0.1:${port}`, lines, close: () => app.close() };
}

/** Sends raw bytes, a piece at a time, and returns what came back until the server closed the connection. */
export async function rawExchange(port: number, pieces: readonly string[], pauseMs = 0): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  const closed = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answer);
    });
  });
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return closed;
}
