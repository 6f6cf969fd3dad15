import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { makeTempFolder } from './temp-folder.js';
import { waitFor } from './wait-for.js';

export interface TestRedis {
  url: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
}

export interface RedisChoices {
  port?: number;
  folder?: string;
  /** further lines of redis.conf; `port: 0` for one that speaks TLS only, on `tls-port` */
  settings?: Record<string, string | number>;
}

/**
 * Starts Debian's redis-server on a free port, with an append-only file so that a restart in `folder` keeps its data.
 * With `everysec`, Redis' default, a write that was answered is not yet in that file while an fsync is under way, and a
 * kill -9 loses it: on a busy disk 1 of 60 was lost, with `always` none.
 */
export async function startRedis(options: RedisChoices = {}): Promise<TestRedis> {
  const port = options.port ?? (await freePort());
  const folder = options.folder ?? (await makeTempFolder('redis'));
  const settings: Record<string, string | number> = {
    bind: '127.0.0.1',
    port,
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    daemonize: 'no',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => {
      reject(new Error('redis-server does not start; `npm test` installs it from Debian', { cause }));
    });
  });
  await Promise.race([
    failed,
    waitFor(() => answersPing(Number(settings['tls-port'] ?? port)), { what: 'redis-server' }),
  ]);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    ...{ url: `redis://127.0.0.1:${port}`, port, pid: child.pid ?? 0 },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // one that speaks TLS only hangs up on this; so it is there
      if (error.code === 'ECONNRESET') resolve(true);
      else reject(error);
    });
    socket.once('data', (data) => {
      const text = data.toString();
      resolve(text.startsWith('+PONG') || text.startsWith('-NOAUTH') || !/^[+-]/.test(text));
      socket.destroy();
    });
  });
}
