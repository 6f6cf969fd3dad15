// A restored backup knows nothing of erasures that came after it. Before this server serves its first request it erases
// again what the ledger says, and only then tells the connector that this database may be published from.
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, withTransaction } from '../platform/database/index.js';
import { systemContext } from '../platform/http/index.js';
import { LOGGER, type Logger } from '../platform/logging/index.js';
import { ErasureLedger } from './erasure-ledger.js';
import { ErasureLedgerBroken } from './erasure.errors.js';
import { ErasuresService } from './erasures.service.js';

const OPEN_GATE = `
  UPDATE replication.erasure_gate SET system_identifier = (SELECT system_identifier::text FROM pg_control_system()),
    timeline = ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int,
    entries = $1, checked_at = clock_timestamp()`;

/** Of several servers that start together one goes first. */
const LOCK = 6_204_417_331;

/** How often a gate that somebody shut is looked for. */
const LOOK_EVERY_MS = 5_000;

@Injectable()
export class ErasureReplay implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: ErasureLedger,
    private readonly erasures: ErasuresService,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** A ledger that cannot be believed keeps the gate shut and the server up: the people who mend it need it. */
  async onModuleInit(): Promise<void> {
    await this.attempt();
    this.timer = setInterval(() => void this.whereShut(), LOOK_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** A new history was allowed: the database may be older than its ledger. */
  private async whereShut(): Promise<void> {
    try {
      const [gate] = await query<{ is_shut: boolean }>(
        this.dataSource,
        'SELECT system_identifier IS NULL AS is_shut FROM replication.erasure_gate',
      );
      if (gate?.is_shut === true) await this.attempt();
    } catch (error) {
      this.log.warn({ event: 'erasures.not-looked', err: error });
    }
  }

  private async attempt(): Promise<void> {
    try {
      const again = await this.run();
      if (again > 0) this.log.warn({ event: 'erasures.replayed', erasures: again });
    } catch (error) {
      if (!(error instanceof ErasureLedgerBroken)) throw error;
      this.log.error({ event: 'erasures.ledger-broken', err: error });
    }
  }

  /** @returns how many erasures this database had not known */
  async run(): Promise<number> {
    const entries = await this.ledger.read();
    return withTransaction(this.dataSource, async (tx) => {
      await query(tx, 'SELECT pg_advisory_xact_lock($1)', [LOCK]);
      const known = await query<{ id: string }>(tx, 'SELECT id FROM replication.erasure');
      const done = new Set(known.map(({ id }) => id));
      const missing = entries.filter(({ id }) => !done.has(id));
      const reason = 'erased again: the database was older than its ledger of erasures';
      for (const entry of missing)
        await this.erasures.carryOut(
          tx,
          { ...systemContext('erasure replay'), reason },
          { ...entry, urgent: true, reason },
        );
      await query(tx, OPEN_GATE, [entries.length]);
      return missing.length;
    });
  }
}
