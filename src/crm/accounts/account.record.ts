import {
  ChoiceField,
  CrmRecord,
  IntegerField,
  LongTextField,
  MoneyField,
  PhoneField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
  UrlField,
} from '../../records/index.js';

export const accountKinds = ['customer', 'prospect', 'partner', 'supplier', 'respondent', 'other'] as const;

@RecordType({
  name: 'account',
  plural: 'accounts',
  title: ['name'],
  subtitle: ['sector', 'country'],
  icon: 'business',
})
export class Account extends CrmRecord {
  @TextField({ required: true, max: 200, search: 'A', classification: 'public', indexed: true })
  name!: string;

  /** `respondent`: a company that complaints are about, rather than one that buys */
  @ChoiceField({ required: true, options: accountKinds, default: 'customer', indexed: true })
  kind!: string;

  @TextField({ max: 80, indexed: true })
  sector!: string | null;

  @TextField({ max: 80, indexed: true })
  country!: string | null;

  @PhoneField({ classification: 'internal', search: 'B' })
  phone!: string | null;

  @UrlField({ classification: 'public' })
  website!: string | null;

  @MoneyField({ classification: 'confidential' })
  revenue!: string | null;

  @IntegerField({ min: 0, classification: 'confidential' })
  employees!: number | null;

  @IntegerField({ min: 1000 })
  yearEstablished!: number | null;

  @ReferenceField('account')
  parentId!: string | null;

  @LongTextField({ search: 'C' })
  description!: string | null;

  @TagsField()
  tags!: string[] | null;
}
