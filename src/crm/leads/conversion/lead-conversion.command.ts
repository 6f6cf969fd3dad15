import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { AuditTrail } from '../../../audit/index.js';
import { query, withTransaction } from '../../../platform/database/index.js';
import { InvalidInput, NotFound, type FieldProblem } from '../../../platform/errors/index.js';
import {
  ACCESS_POLICY,
  recordTypeOf,
  RecordService,
  TypeViews,
  type AccessPolicy,
  type RecordData,
  type RequestContext,
} from '../../../records/index.js';
import { carriedFields, withGiven } from './carried-fields.js';
import type { ConversionInput, Target } from './conversion-input.js';
import { moveActivities, moveAttachments, moveMemberships, type Converted } from './move-belongings.js';

type TargetType = 'account' | 'contact' | 'deal';

/** One conversion in the making. */
interface Run {
  readonly ctx: RequestContext;
  readonly tx: QueryRunner;
  readonly lead: Readonly<RecordData>;
  readonly problems: FieldProblem[];
}

/**
 * Makes an account, a contact and, if wanted, a deal of a lead, in one transaction. The lead's row lock makes it
 * happen once: whoever comes second, at the same moment or a year later, gets what the first one made.
 */
@Injectable()
export class LeadConversion {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordService,
    private readonly views: TypeViews,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /** @throws InvalidInput by path of the input (`contact.create.custom.region`), NotFound, NotAllowed, Conflict */
  convert(ctx: RequestContext, leadId: string, input: ConversionInput): Promise<Converted> {
    return withTransaction(this.dataSource, async (tx) => {
      // An update of nothing: the row lock, for one who may change the lead.
      const lead = await this.records.update(ctx, 'lead', leadId, {}, null, { tx });
      const before = await readConversion(tx, String(lead['id']));
      if (before) return before;
      const run: Run = { ctx, tx, lead, problems: [] };
      const made = await this.make(run, input);
      await this.settle(run, made);
      return made;
    });
  }

  private async make(run: Run, input: ConversionInput): Promise<Converted> {
    const known =
      input.contact?.kind === 'existing' ? await this.existingContact(run, input.contact.id) : null;
    const accountId = await this.account(run, input.account, known);
    const link = accountId === null ? {} : { accountId };
    const contactId = known
      ? await this.joinAccount(run, known, accountId)
      : await this.create(run, 'contact', fieldsOf(input.contact), link);
    const wantsDeal = input.deal?.kind === 'new';
    const dealId = wantsDeal
      ? await this.create(run, 'deal', fieldsOf(input.deal), {
          ...{ ...link, name: run.lead['company'] ?? titleOf(run.lead) },
          ...(contactId === null ? {} : { contactId }),
        })
      : null;
    if (run.problems.length > 0 || contactId === null) throw new InvalidInput(run.problems);
    return { accountId, contactId, dealId };
  }

  private async account(run: Run, target: Target | null, contact: RecordData | null): Promise<string | null> {
    if (target?.kind === 'none') return null;
    if (target?.kind === 'existing') return this.existing(run, 'account', target.id);
    const ofContact = contact?.['accountId'] ?? null;
    if (target === null && typeof ofContact === 'string') return ofContact;
    if (target === null && !run.lead['company']) return null;
    return this.create(run, 'account', fieldsOf(target), { kind: 'prospect' });
  }

  /** A new record, or null with the problems noted: the caller hears of those of all three at once. */
  private async create(
    { ctx, tx, lead, problems }: Run,
    name: TargetType,
    given: Readonly<RecordData>,
    links: RecordData,
  ): Promise<string | null> {
    const types = { lead: recordTypeOf('lead'), target: recordTypeOf(name) };
    const values = {
      ...carriedFields(ctx, { views: this.views, policy: this.policy }, types, lead),
      ...links,
    };
    try {
      const made = await this.records.create(ctx, name, withGiven(values, given), { tx });
      return String(made['id']);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      for (const { path, message } of error.errors ?? [])
        problems.push({ path: `${name}.create${path === '' ? '' : `.${path}`}`, message });
      return null;
    }
  }

  private async existing({ ctx, tx, problems }: Run, name: TargetType, id: string): Promise<string | null> {
    try {
      await this.records.get(ctx, name, id, { fields: ['id'] }, tx);
      return id;
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      problems.push({ path: `${name}.id`, message: `there is no ${name} with this id` });
      return null;
    }
  }

  /** Files and memberships come to it, so it takes the right to change it. */
  private async existingContact({ ctx, tx }: Run, id: string): Promise<RecordData> {
    try {
      return await this.records.update(ctx, 'contact', id, {}, null, { tx });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      throw new InvalidInput([{ path: 'contact.id', message: 'there is no contact with this id' }]);
    }
  }

  private async joinAccount(run: Run, contact: RecordData, accountId: string | null): Promise<string> {
    const id = String(contact['id']);
    if (accountId !== null && contact['accountId'] === null)
      await this.records.update(run.ctx, 'contact', id, { accountId }, null, { tx: run.tx });
    return id;
  }

  private async settle({ ctx, tx, lead }: Run, made: Converted): Promise<void> {
    const id = String(lead['id']);
    const values = {
      status: 'converted',
      convertedAt: new Date().toISOString(),
      convertedAccountId: made.accountId,
      convertedContactId: made.contactId,
      convertedDealId: made.dealId,
    };
    await this.records.derive(ctx, 'lead', [{ id, values }], tx);
    await moveActivities(this.records, ctx, tx, id, made);
    await moveMemberships(this.records, ctx, tx, id, made.contactId);
    await moveAttachments(this.audit, ctx, tx, id, made.contactId);
  }
}

const fieldsOf = (target: Target | null): Readonly<RecordData> =>
  target?.kind === 'new' ? target.fields : {};

const titleOf = (lead: Readonly<RecordData>): string =>
  [lead['firstName'], lead['lastName']].filter((part) => typeof part === 'string').join(' ');

async function readConversion(tx: QueryRunner, leadId: string): Promise<Converted | null> {
  const [row] = await query<{ accountId: string | null; contactId: string | null; dealId: string | null }>(
    tx,
    `SELECT converted_account_id AS "accountId", converted_contact_id AS "contactId", converted_deal_id AS "dealId"
     FROM crm.lead WHERE id = $1 AND status = 'converted'`,
    [leadId],
  );
  return row ? { accountId: row.accountId, contactId: row.contactId ?? '', dealId: row.dealId } : null;
}
