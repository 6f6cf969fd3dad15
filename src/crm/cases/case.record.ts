import {
  ChoiceField,
  CrmRecord,
  DateField,
  LongTextField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
} from '../../records/index.js';

export const caseStatuses = ['new', 'open', 'waiting', 'resolved', 'closed'] as const;
export const casePriorities = ['low', 'normal', 'high', 'urgent'] as const;

@RecordType({
  name: 'case',
  plural: 'cases',
  title: ['subject'],
  subtitle: ['accountId', 'status'],
  icon: 'support',
})
export class Case extends CrmRecord {
  @TextField({ required: true, max: 300, search: 'A', indexed: true })
  subject!: string;

  @ChoiceField({ required: true, options: caseStatuses, default: 'new', indexed: true })
  status!: string;

  @ChoiceField({ required: true, options: casePriorities, default: 'normal', indexed: true })
  priority!: string;

  /** how it reached us: web, phone, mail, … */
  @TextField({ max: 60, indexed: true })
  origin!: string | null;

  @DateField({ indexed: true })
  receivedOn!: string | null;

  @DateField()
  closedOn!: string | null;

  @ReferenceField('account')
  accountId!: string | null;

  @ReferenceField('contact')
  contactId!: string | null;

  @LongTextField({ classification: 'confidential', search: 'C' })
  description!: string | null;

  @TagsField()
  tags!: string[] | null;
}
