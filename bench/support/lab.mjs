// The product as `npm start` sets it up (same PostgreSQL settings, roles, keys, config files), but each process only
// when a benchmark asks for it, and the bucket where the benchmark wants it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { product, root } from './paths.mjs';
import { withTempFolder } from './temp-folder.mjs';

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * @param work gets the lab; whatever it started is stopped afterwards
 * @param settings of PostgreSQL, beside those that the product gives it
 * @param binaries folder with `bin/` of another PostgreSQL than the embedded one
 */
export function withLab(work, settings = {}, binaries = undefined) {
  return withTempFolder(async (folder) => {
    const lab = await Lab.open(folder, settings, binaries);
    const interrupted = new Promise((_resolve, reject) => {
      for (const signal of ['SIGINT', 'SIGTERM'])
        process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
    });
    try {
      return await Promise.race([work(lab), interrupted]);
    } finally {
      await lab.close();
    }
  });
}

class Lab {
  #children = [];
  #pools = [];

  static async open(folder, settings, binaries) {
    const lab = new Lab();
    const { Home } = await product('src/cli/quickstart/home.js');
    const { prepareDatabases } = await product('src/cli/quickstart/database-setup.js');
    const { prepareKeys } = await product('src/cli/quickstart/keys-setup.js');
    const { writeProcessConfigs, databaseNames } = await product('src/cli/quickstart/process-configs.js');
    const { startEmbeddedPostgres } = await product('src/platform/embedded/index.js');
    lab.home = new Home(join(folder, 'home'));
    lab.names = databaseNames;
    await lab.home.make();
    lab.state = await lab.home.open();
    const [database, primary, replica] = [await freePort(), await freePort(), await freePort()];
    lab.ports = { database, primary, replica };
    lab.postgres = await startEmbeddedPostgres({
      dataFolder: lab.home.postgresFolder,
      port: database,
      settings,
      ...(binaries === undefined ? {} : { binaries }),
    });
    try {
      await prepareDatabases(lab.state, lab.postgres, () => undefined);
      await prepareKeys(lab.home, lab.state);
      await writeProcessConfigs(lab.home, lab.state, lab.ports, join(root, 'web', 'dist'));
    } catch (error) {
      await lab.postgres.stop();
      throw error;
    }
    return lab;
  }

  /** The URL of one of the roles, or of the superuser where `role` is null. */
  url(role, database = 'primary') {
    const url = new URL(this.postgres.url);
    url.pathname = `/${this.names[database]}`;
    if (role === null) return url.href;
    url.username = role;
    url.password = this.state.passwords[role];
    return url.href;
  }

  /** Connections of the superuser, for filling and looking. */
  pool(database = 'primary', role = null, max = 4) {
    const pool = new pg.Pool({ connectionString: this.url(role, database), max, options: '-c timezone=UTC' });
    pool.on('error', () => undefined); // the end of PostgreSQL at the end of the benchmark
    this.#pools.push(pool);
    return pool;
  }

  /** @returns an API token of an administrator */
  async makeAdministrator() {
    const { planFirstPeople, createFirstPeople } = await product('src/cli/quickstart/people-setup.js');
    const { withCommandContext } = await product('src/cli/command-context.js');
    const planned = planFirstPeople(this.state);
    const made = await withCommandContext(this.home.config('server'), (context) =>
      createFirstPeople(context, planned),
    );
    this.state = made;
    return made.apiToken;
  }

  async makeReplicaToken() {
    const { createReplicaToken } = await product('src/cli/quickstart/people-setup.js');
    const { withCommandContext } = await product('src/cli/command-context.js');
    return withCommandContext(this.home.config('replica'), createReplicaToken);
  }

  /** Puts a policy in force as the first one of this installation. */
  async activatePolicy(yaml) {
    const [
      { AuditTrail },
      { createDataSource },
      { systemContext },
      { bootstrapPolicy },
      { withCommandContext },
    ] = await Promise.all([
      product('src/audit/index.js'),
      product('src/platform/database/index.js'),
      product('src/platform/http/index.js'),
      product('src/replication/policy/index.js'),
      product('src/cli/command-context.js'),
    ]);
    const settings = {
      url: this.url('holdfast_maintainer'),
      entities: [],
      applicationName: 'bench',
      statementTimeoutMs: 0,
    };
    const maintainer = await createDataSource(settings).initialize();
    try {
      await withCommandContext(this.home.config('server'), (context) =>
        bootstrapPolicy(maintainer, context.get(AuditTrail), systemContext('bench'), yaml, 'benchmark'),
      );
    } finally {
      await maintainer.destroy();
    }
  }

  /** Changes a process's config before it is started. */
  async configure(name, change) {
    const path = this.home.config(name);
    const config = parse(await readFile(path, 'utf8'));
    change(config);
    await writeFile(path, stringify(config), { mode: 0o600 });
  }

  /**
   * Starts `server`, `connector` or `replica` as it is shipped.
   * @param options `nodeArgs` for profiles; `isReady` false to wait for nothing
   * @returns `{ pid, url, startMs, stop() }`
   */
  async start(name, { nodeArgs = [], isReady = true, env = {} } = {}) {
    const script = join(root, 'dist', name === 'connector' ? 'connector/main.js' : 'src/main.js');
    const begun = performance.now();
    const { nodeArguments } = await product('src/cli/quickstart/child-process.js');
    const child = this.#spawn(
      [...nodeArguments, ...nodeArgs, script, '--config', this.home.config(name)],
      name,
      env,
    );
    const port = { server: this.ports.primary, replica: this.ports.replica }[name];
    const url = port === undefined ? null : `http://127.0.0.1:${port}`;
    const path = name === 'replica' ? '/healthz' : '/readyz';
    if (url !== null && isReady)
      await this.until(`${name} ready`, () => answers(`${url}${path}`), { child, everyMs: 10 });
    return {
      pid: child.pid,
      url,
      startMs: performance.now() - begun,
      stop: () => stop(child),
      log: this.home.log(name),
    };
  }

  /** A peer's or helper's process that prints `listening` when it is ready. */
  async startScript(script, settings) {
    const args = [join(root, 'bench', script), JSON.stringify(settings)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    await new Promise((resolve, reject) => {
      child.stdout.on('data', (text) => String(text).includes('listening') && resolve());
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
    });
    return { pid: child.pid, stop: () => stop(child) };
  }

  async until(what, ask, { timeoutMs = 120_000, everyMs = 50, child } = {}) {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      if (child && (child.exitCode !== null || child.signalCode !== null))
        throw new Error(`waiting for ${what}: the process ended, see ${this.home.folder}/logs`);
      const answer = await ask();
      if (answer) return answer;
      await sleep(everyMs);
    }
    throw new Error(`gave up waiting for ${what}`);
  }

  #spawn(args, name, env) {
    const log = openSync(this.home.log(name), 'a', 0o600);
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', log, log],
      env: { ...cleanEnvironment(), ...env },
    });
    closeSync(log);
    this.#children.push(child);
    return child;
  }

  async close() {
    await Promise.all(this.#children.map(stop));
    await Promise.all(this.#pools.map((pool) => pool.end().catch(() => undefined)));
    await this.postgres.stop();
  }
}

/** The caller's settings must not reach the processes that are measured. */
function cleanEnvironment() {
  const { PATH, HOME, TZ } = process.env;
  return Object.fromEntries(Object.entries({ PATH, HOME, TZ }).filter(([, value]) => value !== undefined));
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false; // not listening yet
  }
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(killer);
}

export const randomId = () => randomBytes(6).toString('hex');
