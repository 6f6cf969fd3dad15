import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutFolder, loadDemo } from './demo-loader.js';
import { loadConfig } from '../../platform/config/index.js';
import { ApiClient } from '../api-client.js';
import { withCommandContext } from '../command-context.js';
import { ManagedProcess } from './child-process.js';
import { activateFirstPolicy } from './first-policy.js';
import { gatherStatistics, prepareDatabases } from './database-setup.js';
import type { Home, HomeState } from './home.js';
import { prepareKeys } from './keys-setup.js';
import type { QuickstartOptions } from './options.js';
import { createFirstPeople, createReplicaToken, equipSalespeople, planFirstPeople } from './people-setup.js';
import { freePort } from './ports.js';
import { PostgresKeeper } from './postgres-keeper.js';
import { writeProcessConfigs, type Ports } from './process-configs.js';
import { writeQuickstartFile, type QuickstartFacts } from './quickstart-file.js';
import { waitForReplica } from './replica-progress.js';
import type { Reporter } from './reporter.js';
import { welcomeText } from './welcome.js';
import { isUp, waitUntil } from './wait.js';

const databasePort = 54_320;

/** Everything that runs from one home folder. */
export class Installation {
  private readonly postgres: PostgresKeeper;
  private readonly processes: ManagedProcess[] = [];
  private isAbandoned = false;
  /** set once quickstart.json is written */
  private running: { state: HomeState; ports: Ports } | null = null;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly home: Home,
    private readonly options: QuickstartOptions,
    private readonly reporter: Reporter,
  ) {
    this.postgres = new PostgresKeeper(
      home,
      (text) => {
        this.reporter.line(text);
      },
      () => {
        this.processChanged();
      },
    );
  }

  /** From now on nothing new is started. */
  abandon(): void {
    this.isAbandoned = true;
  }

  async start(): Promise<void> {
    let state = await this.home.open();
    const chosen = await this.choosePorts();
    this.reporter.line(`Home folder ${this.home.folder}`);
    // what an earlier start wrote there holds no longer: whoever waits for the file must not read that
    await rm(this.home.quickstartFile, { force: true });
    const postgres = await this.reporter.step('starting PostgreSQL', () =>
      this.postgres.start(chosen.database),
    );
    const ports = { ...chosen, database: postgres.port };
    await this.reporter.step('preparing the databases', (progress) =>
      prepareDatabases(state, postgres, progress),
    );
    await this.reporter.step('preparing the keys', () => prepareKeys(this.home, state));
    await writeProcessConfigs(this.home, state, ports, join(checkoutFolder(), 'web', 'dist'));
    state = await this.prepareAccounts(state);
    const client = new ApiClient(urlOf(ports.primary), state.apiToken ?? '');
    await this.startProcess('server', 'src/main.js', ports.primary);
    state = await this.prepareContent(state, client);
    await this.startProcess('connector', 'connector/main.js', null);
    await this.startProcess('replica', 'src/main.js', ports.replica);
    await this.reporter.step('waiting for the replica', (progress) =>
      waitForReplica(client, this.replicaClient(state, ports), progress),
    );
    await this.finish(state, ports);
  }

  /** Replica first, so that it never shows an error of what stops before it; the database last. */
  async stop(): Promise<void> {
    this.abandon();
    await this.writing;
    for (const process of [...this.processes].reverse())
      await this.reporter.step(`stopping the ${process.name}`, () => process.stop());
    await this.reporter.step('stopping PostgreSQL', () => this.postgres.stop());
  }

  /** For a person who will not wait: PostgreSQL mends itself at the next start. */
  kill(): void {
    for (const { pid } of [...this.processes, this.postgres]) if (pid !== null) killQuietly(pid);
  }

  private async choosePorts(): Promise<Ports> {
    const primary = await freePort(this.options.port);
    const replica = await freePort(this.options.replicaPort, '127.0.0.1', new Set([primary]));
    const database = await freePort(databasePort, '127.0.0.1', new Set([primary, replica]));
    if (primary !== this.options.port)
      this.reporter.line(`Port ${this.options.port} is taken; the server uses ${primary}.`);
    if (replica !== this.options.replicaPort)
      this.reporter.line(`Port ${this.options.replicaPort} is taken; the replica uses ${replica}.`);
    if (database !== databasePort)
      this.reporter.line(`Port ${databasePort} is taken; PostgreSQL uses ${database}.`);
    return { primary, replica, database };
  }

  private async prepareAccounts(state: HomeState): Promise<HomeState> {
    if (state.apiToken !== undefined && state.replicaApiToken !== undefined) return state;
    return this.reporter.step('making the first sign-ins', async () => {
      const planned = planFirstPeople(state);
      await this.home.save(planned);
      const withPeople = await withCommandContext(this.home.config('server'), (context) =>
        createFirstPeople(context, planned),
      );
      const replicaApiToken = await withCommandContext(this.home.config('replica'), createReplicaToken);
      const done = { ...withPeople, replicaApiToken };
      await this.home.save(done);
      return done;
    });
  }

  private async prepareContent(state: HomeState, client: ApiClient): Promise<HomeState> {
    if (state.isPrepared) return state;
    let current = state;
    if (this.options.demo) {
      await this.reporter.step('importing the demo data', async (progress) => {
        await loadDemo(client, progress);
        const { ownerUrl } = loadConfig({ file: this.home.config('server') }).database;
        if (ownerUrl !== null) await gatherStatistics(ownerUrl);
      });
      current = await withCommandContext(this.home.config('server'), (context) =>
        equipSalespeople(context, state),
      );
    }
    await this.reporter.step('putting the first policy in force', () =>
      activateFirstPolicy(this.home, this.options.demo),
    );
    const done = { ...current, isDemoLoaded: this.options.demo, isPrepared: true };
    await this.home.save(done);
    return done;
  }

  private async startProcess(name: string, script: string, port: number | null): Promise<void> {
    if (this.isAbandoned) return;
    const child = new ManagedProcess({
      name,
      script: join(checkoutFolder(), 'dist', script),
      args: ['--config', this.home.config(name)],
      logFile: this.home.log(name),
      onStart: () => {
        this.processChanged();
      },
      onExit: (_name, code, signal) => {
        this.reporter.line(
          `The ${name} ended (${signal ?? `exit code ${code ?? '?'}`}); its log is ${this.home.log(name)}.`,
        );
      },
    });
    this.processes.push(child);
    await this.reporter.step(`starting the ${name}`, async () => {
      child.start();
      if (port !== null)
        await waitUntil(
          `the ${name} to be ready (see ${this.home.log(name)})`,
          // a replica is ready once it has something to show, which is waited for afterwards
          () => isUp(`${urlOf(port)}${name === 'replica' ? '/healthz' : '/readyz'}`),
          60_000,
        );
    });
  }

  private replicaClient(state: HomeState, ports: Ports): ApiClient {
    return new ApiClient(urlOf(ports.replica), state.replicaApiToken ?? '');
  }

  private async finish(state: HomeState, ports: Ports): Promise<void> {
    const facts = this.facts(ports);
    const file = await writeQuickstartFile(this.home, state, facts);
    this.running = { state, ports };
    for (const line of welcomeText(state, facts, file)) this.reporter.line(line);
  }

  private facts(ports: Ports): QuickstartFacts {
    const processes = [
      { name: 'start', pid: process.pid },
      { name: 'postgres', pid: this.postgres.pid ?? 0 },
      ...this.processes.map(({ name, pid }) => ({ name, pid: pid ?? 0 })),
    ];
    return { primaryUrl: urlOf(ports.primary), replicaUrl: urlOf(ports.replica), processes };
  }

  /** A process that died and came back has another id, which those who look it up must find. */
  private processChanged(): void {
    this.postgres.usedBy(this.processes.flatMap(({ pid }) => (pid === null ? [] : [pid])));
    const running = this.running;
    if (!running || this.isAbandoned) return;
    this.writing = this.writing
      .then(() => writeQuickstartFile(this.home, running.state, this.facts(running.ports)))
      .catch((error: unknown) => {
        this.reporter.line(`Cannot write ${this.home.quickstartFile}: ${messageOf(error)}`);
      });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
