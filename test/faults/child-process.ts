import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LaneStep } from '../../connector/publish/lane-events.js';
import { TENANT } from '../integration/connector/connector-world.js';
import { waitFor } from '../support/index.js';
import type { FaultWorld } from './fault-world.js';

export interface ChildTask {
  /** who it plays */
  play: 'lane' | 'replica';
  /** where the lane sends itself the signal */
  step?: LaneStep;
  n?: number;
  signal?: 'SIGKILL' | 'SIGSTOP';
}

export interface Child {
  pid: number;
  /** what it said, merged */
  said: { reached?: string; outcome?: string; refused?: string; hasLease?: boolean; now?: number };
  /** resolves when it is frozen */
  frozen(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const script = fileURLToPath(new URL('child-main.mjs', import.meta.url));

/** @param prefix a program with its arguments that starts it, such as one that moves its clock */
export function startChild(world: FaultWorld, task: ChildTask, prefix: readonly string[] = []): Child {
  const { urls } = task.play === 'lane' ? world.database : world.replica.database;
  const [program = process.execPath, ...args] = [...prefix].concat(process.execPath, script);
  const about = {
    ...{ ...task, tenant: TENANT, bucketUrl: world.bucket.url, keysFolder: world.folder },
    ...{ spoolFolder: world.spoolFolder },
    databaseUrl: task.play === 'lane' ? urls.connector : urls.replicaApply,
  };
  const child = spawn(program, [...args, JSON.stringify(about)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Child['said'] = {};
  createInterface({ input: child.stdout }).on('line', (line) =>
    Object.assign(said, JSON.parse(line) as Child['said']),
  );
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const pid = child.pid ?? 0;
  const isFrozen = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(' T ');
  return {
    ...{ pid, said, ended },
    frozen: async () => {
      await waitFor(isFrozen, { timeoutMs: 60_000, what: 'the child to be frozen' });
    },
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

/** Whoever held the lease is gone or asleep for longer than it lasts. */
export async function expireLease(world: FaultWorld): Promise<void> {
  await world.sql(`UPDATE replication.lease SET expires_at = '-infinity'`);
}
