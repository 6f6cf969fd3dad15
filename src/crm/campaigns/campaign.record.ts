import {
  ChoiceField,
  CrmRecord,
  DateField,
  LongTextField,
  MoneyField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
} from '../../records/index.js';

export const campaignKinds = [
  'email',
  'mailing',
  'telephone',
  'event',
  'webinar',
  'advertisement',
  'social',
  'other',
] as const;
export const campaignStatuses = ['planned', 'active', 'completed', 'aborted'] as const;

@RecordType({
  name: 'campaign',
  plural: 'campaigns',
  title: ['name'],
  subtitle: ['kind', 'status'],
  icon: 'campaign',
})
export class Campaign extends CrmRecord {
  @TextField({ required: true, max: 200, search: 'A', indexed: true })
  name!: string;

  @ChoiceField({ required: true, options: campaignKinds, default: 'other', indexed: true })
  kind!: string;

  @ChoiceField({ required: true, options: campaignStatuses, default: 'planned', indexed: true })
  status!: string;

  @DateField({ indexed: true })
  startDate!: string | null;

  @DateField({ indexed: true })
  endDate!: string | null;

  @MoneyField({ min: 0, classification: 'confidential' })
  budget!: string | null;

  @MoneyField({ min: 0, classification: 'confidential' })
  actualCost!: string | null;

  @MoneyField({ min: 0, classification: 'confidential' })
  expectedRevenue!: string | null;

  @ReferenceField('campaign')
  parentId!: string | null;

  @LongTextField({ search: 'C' })
  description!: string | null;

  @TagsField()
  tags!: string[] | null;
}
