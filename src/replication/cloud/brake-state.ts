import { query, type SqlRunner } from '../../platform/database/index.js';

/** A batch that the connector holds back until a person confirms its deletes. Described for OpenAPI by CloudBrakeDto. */
export interface BrakeState {
  readonly since: Date;
  /** when the connector last looked */
  readonly seenAt: Date;
  /** names this hold; a confirmation repeats it. Empty for those who may not confirm. */
  readonly token: string;
  readonly deletes: Readonly<Record<string, number>>;
  readonly threshold: number;
  /** a few ids of each type; none for those who may not confirm */
  readonly samples: Readonly<Record<string, readonly string[]>>;
  /** null: nobody has confirmed, or it was too long ago */
  readonly confirmation: BrakeConfirmation | null;
}

interface BrakeConfirmation {
  readonly by: { readonly id: string; readonly name: string | null };
  readonly at: string;
  readonly expiresAt: string;
}

const read = `
  SELECT h.since, h.seen_at AS "seenAt", h.token, h.deletes, h.threshold, h.samples, c.confirmation
  FROM replication.brake_hold h
  LEFT JOIN LATERAL (
    SELECT json_build_object('by', json_build_object('id', c.confirmed_by, 'name', u.name), 'at', c.confirmed_at,
      'expiresAt', c.expires_at) AS confirmation
    FROM replication.brake_confirmation c LEFT JOIN crm."user" u ON u.id = c.confirmed_by
    WHERE c.token = h.token AND c.expires_at > clock_timestamp()
    ORDER BY c.confirmed_at DESC LIMIT 1) c ON true`;

/** @param mayConfirm without it neither ids nor the token are told */
export async function readBrake(runner: SqlRunner, mayConfirm: boolean): Promise<BrakeState | null> {
  const [held] = await query<BrakeState>(runner, read);
  if (held === undefined) return null;
  return mayConfirm ? held : { ...held, token: '', samples: {} };
}
