import {
  BooleanField,
  ChoiceField,
  CrmRecord,
  DateTimeField,
  LongTextField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
} from '../../records/index.js';

export const activityKinds = ['task', 'call', 'meeting', 'note'] as const;

@RecordType({
  name: 'activity',
  plural: 'activities',
  title: ['subject'],
  subtitle: ['kind', 'accountId'],
  icon: 'event',
})
export class Activity extends CrmRecord {
  @ChoiceField({ required: true, options: activityKinds, indexed: true })
  kind!: string;

  @TextField({ required: true, max: 300, search: 'A' })
  subject!: string;

  @LongTextField({ search: 'C' })
  body!: string | null;

  @DateTimeField({ indexed: true })
  dueAt!: Date | null;

  @DateTimeField()
  startsAt!: Date | null;

  @DateTimeField()
  endsAt!: Date | null;

  @BooleanField({ required: true, default: false })
  done!: boolean;

  @ReferenceField('account')
  accountId!: string | null;

  @ReferenceField('contact')
  contactId!: string | null;

  @ReferenceField('deal')
  dealId!: string | null;

  @ReferenceField('case')
  caseId!: string | null;

  @ReferenceField('lead')
  leadId!: string | null;

  @TagsField()
  tags!: string[] | null;
}
