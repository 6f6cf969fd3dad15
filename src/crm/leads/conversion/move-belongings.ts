import type { QueryRunner } from 'typeorm';
import type { AuditTrail } from '../../../audit/index.js';
import { query } from '../../../platform/database/index.js';
import { isAnswer } from '../../campaigns/index.js';
import type { RecordData, RecordService, RequestContext } from '../../../records/index.js';

export interface Converted {
  readonly accountId: string | null;
  readonly contactId: string;
  readonly dealId: string | null;
}

/** Activities stand at the new records too, and keep the lead that they began with. */
export async function moveActivities(
  records: RecordService,
  ctx: RequestContext,
  tx: QueryRunner,
  leadId: string,
  { accountId, contactId, dealId }: Converted,
): Promise<void> {
  const rows = await query<{
    id: string;
    account: string | null;
    contact: string | null;
    deal: string | null;
  }>(
    tx,
    `SELECT id, account_id AS account, contact_id AS contact, deal_id AS deal FROM crm.activity
     WHERE lead_id = $1 ORDER BY id`,
    [leadId],
  );
  const derived = rows.map(({ id, account, contact, deal }) => ({
    id,
    values: { accountId: account ?? accountId, contactId: contact ?? contactId, dealId: deal ?? dealId },
  }));
  await records.derive(ctx, 'activity', derived, tx);
}

interface MemberRow {
  id: string;
  status: string;
  respondedAt: Date | null;
  /** the contact's own membership of the same campaign */
  otherId: string | null;
  otherStatus: string | null;
}

/**
 * The contact takes the lead's place in its campaigns. Where it is a member itself, one membership stays: the
 * contact's, with the lead's answer if it had none.
 */
export async function moveMemberships(
  records: RecordService,
  ctx: RequestContext,
  tx: QueryRunner,
  leadId: string,
  contactId: string,
): Promise<void> {
  const rows = await query<MemberRow>(
    tx,
    `SELECT m.id, m.status, m.responded_at AS "respondedAt", o.id AS "otherId", o.status AS "otherStatus"
     FROM crm.campaign_member m LEFT JOIN crm.campaign_member o
       ON o.campaign_id = m.campaign_id AND o.contact_id = $2 AND o.deleted_at IS NULL
     WHERE m.lead_id = $1 AND m.deleted_at IS NULL ORDER BY m.id`,
    [leadId, contactId],
  );
  const doubled = rows.filter(({ otherId }) => otherId !== null);
  for (const { id } of doubled) await records.remove(asServer(ctx), 'campaignMember', id, null, { tx });
  const answers = doubled.flatMap(({ status, respondedAt, otherId, otherStatus }) => {
    if (otherId === null || !isAnswer(status) || isAnswer(otherStatus)) return [];
    const values: RecordData = { status, respondedAt: respondedAt?.toISOString() ?? null };
    return [{ id: otherId, values }];
  });
  const moved = rows.flatMap(({ id, otherId }) =>
    otherId === null ? [{ id, values: { leadId: null, contactId } }] : [],
  );
  await records.derive(ctx, 'campaignMember', [...answers, ...moved], tx);
}

/** Who may convert the lead need not be allowed to change the campaigns that it is a member of. */
function asServer(ctx: RequestContext): RequestContext {
  return { ...ctx, principal: { ...ctx.principal, kind: 'system' } };
}

/** Files hang on the contact from now on. */
export async function moveAttachments(
  audit: AuditTrail,
  ctx: RequestContext,
  tx: QueryRunner,
  leadId: string,
  contactId: string,
): Promise<void> {
  const moved = await query<{ id: string }>(
    tx,
    `WITH moved AS (
       UPDATE crm.attachment SET record_type = 'contact', record_id = $2, version = version + 1,
         updated_at = now(), updated_by = $3
       WHERE record_type = 'lead' AND record_id = $1 RETURNING id
     ) SELECT id FROM moved`,
    [leadId, contactId, ctx.principal.userId],
  );
  const entries = moved.map(({ id }) => ({
    action: 'update',
    type: 'attachment',
    recordId: id,
    fieldNames: ['recordType', 'recordId'],
    before: { recordType: 'lead', recordId: leadId },
    after: { recordType: 'contact', recordId: contactId },
  }));
  await audit.append(tx, ctx, entries);
}
