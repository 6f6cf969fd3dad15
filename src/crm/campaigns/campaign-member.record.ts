import { ChoiceField, CrmRecord, DateTimeField, RecordType, ReferenceField } from '../../records/index.js';

export const memberStatuses = ['planned', 'sent', 'responded', 'attended', 'declined', 'bounced'] as const;

/** A lead or a contact (exactly one of them) in a campaign, once per campaign. */
@RecordType({
  name: 'campaignMember',
  plural: 'campaign-members',
  title: ['status'],
  icon: 'group',
  partOf: 'campaignId',
  uniqueTogether: [
    ['campaignId', 'leadId'],
    ['campaignId', 'contactId'],
  ],
})
export class CampaignMember extends CrmRecord {
  @ReferenceField('campaign', { required: true, onDelete: 'cascade' })
  campaignId!: string;

  @ReferenceField('lead', { onDelete: 'cascade' })
  leadId!: string | null;

  @ReferenceField('contact', { onDelete: 'cascade' })
  contactId!: string | null;

  @ChoiceField({ required: true, options: memberStatuses, default: 'planned', indexed: true })
  status!: string;

  /** set when the status first says that somebody answered */
  @DateTimeField()
  respondedAt!: Date | null;
}
