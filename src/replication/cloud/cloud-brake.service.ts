import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { query, withTransaction } from '../../platform/database/index.js';
import { InvalidInput, NotAllowed, type FieldProblem } from '../../platform/errors/index.js';
import { ACCESS_POLICY, type AccessPolicy, type RequestContext } from '../../records/index.js';
import { readBrake, type BrakeState } from './brake-state.js';
import { BrakeMoved, NothingHeld } from './cloud-brake.errors.js';

/** What a person has seen and lets out. */
export interface BrakeConsent {
  readonly token: string;
  /** by type, how many rows the person saw would be deleted */
  readonly deletes: Readonly<Record<string, unknown>>;
  readonly reason?: string;
}

const insert = `
  INSERT INTO replication.brake_confirmation (id, token, generation, deletes, confirmed_by, reason, expires_at)
  SELECT $1, h.token, h.generation, $3, $4, $5, clock_timestamp() + h.confirmation_ms * interval '1 millisecond'
  FROM replication.brake_hold h WHERE h.token = $2 RETURNING generation`;

/** Lets a person confirm the deletes that the connector holds back: those that were seen, once, and for a limited time. */
@Injectable()
export class CloudBrakeService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /**
   * Whoever confirms says what was seen, so that a consent to 600 deletes lets no 6,000 out. The connector compares again
   * when it makes the batch.
   * @throws NotAllowed, NothingHeld, BrakeMoved, InvalidInput
   */
  async confirm(ctx: RequestContext, consent: BrakeConsent): Promise<BrakeState> {
    const { userId } = ctx.principal;
    if (userId === null || !this.access.hasFlag(ctx, 'manageCloud'))
      throw new NotAllowed({ detail: 'Your roles do not let you confirm deletes for the cloud copy.' });
    return withTransaction(this.dataSource, async (tx) => {
      const held = await readBrake(tx, true);
      if (held === null) throw new NothingHeld();
      assertSeen(held, consent);
      await this.keep(tx, ctx, held, { userId, ...consent });
      return (await readBrake(tx, true)) ?? held;
    });
  }

  private async keep(
    tx: QueryRunner,
    ctx: RequestContext,
    { token, deletes }: BrakeState,
    { userId, reason }: BrakeConsent & { userId: string },
  ): Promise<void> {
    const parameters = [randomUUID(), token, JSON.stringify(deletes), userId, reason ?? null];
    const made = await query<{ generation: number }>(tx, insert, parameters);
    const [row] = made;
    if (row === undefined) throw new NothingHeld();
    await this.audit.append(tx, reason === undefined ? ctx : { ...ctx, reason }, [
      {
        action: 'brake-confirmed',
        type: 'connector',
        recordId: null,
        fieldNames: [
          `generation ${String(row.generation)}`,
          `hold ${token}`,
          ...Object.entries(deletes).map(([type, count]) => `${type} ${String(count)}`),
        ],
        before: null,
        after: null,
      },
    ]);
  }
}

/** What is confirmed is what is held, never more: of a mistake that is half undone only the other half may go. */
function assertSeen({ token, deletes: held }: BrakeState, consent: BrakeConsent): void {
  if (consent.token !== token) throw new BrakeMoved('Something else is held than what you looked at.', held);
  const seen = countsSeen(consent.deletes, held);
  for (const [type, count] of Object.entries(held)) {
    const confirmed = seen.get(type) ?? 0;
    if (confirmed >= count) continue;
    throw new BrakeMoved(
      `You confirm ${String(confirmed)} deletes of ${type}, and ${String(count)} would go now.`,
      held,
    );
  }
}

/** @throws InvalidInput */
function countsSeen(
  deletes: BrakeConsent['deletes'],
  held: Readonly<Record<string, number>>,
): Map<string, number> {
  const counts = new Map<string, number>();
  const errors: FieldProblem[] = [];
  for (const [type, count] of Object.entries(deletes)) {
    const path = `deletes.${type}`;
    if (!Object.hasOwn(held, type))
      errors.push({ path, message: `no rows of this type are held; held: ${Object.keys(held).join(', ')}` });
    else if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) counts.set(type, count);
    else errors.push({ path, message: 'must be the number of rows that you saw, such as 600' });
  }
  if (errors.length > 0) throw new InvalidInput(errors);
  return counts;
}
