// A restored backup knows nothing of erasures that came after it. Before this server serves its first request it erases
// again what the ledger says, and only then tells the connector that this database may be published from.
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
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

@Injectable()
export class ErasureReplay implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: ErasureLedger,
    private readonly erasures: ErasuresService,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** A ledger that cannot be believed keeps the gate shut and the server up: the people who mend it need it. */
  async onModuleInit(): Promise<void> {
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
