import {
  ChoiceField,
  CrmRecord,
  DateTimeField,
  EmailField,
  LongTextField,
  PhoneField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
  UrlField,
} from '../../records/index.js';

export const leadStatuses = ['new', 'working', 'qualified', 'unqualified', 'converted'] as const;

@RecordType({
  name: 'lead',
  plural: 'leads',
  title: ['firstName', 'lastName'],
  subtitle: ['company', 'status'],
  icon: 'person_search',
})
export class Lead extends CrmRecord {
  @TextField({ max: 80, search: 'A' })
  firstName!: string | null;

  @TextField({ required: true, max: 80, search: 'A', indexed: true })
  lastName!: string;

  /** name of the organisation, which becomes an account when the lead is converted */
  @TextField({ max: 200, search: 'A', indexed: true })
  company!: string | null;

  @TextField({ max: 120 })
  jobTitle!: string | null;

  @EmailField({ indexed: true, search: 'B' })
  email!: string | null;

  @PhoneField({ search: 'B' })
  phone!: string | null;

  @PhoneField({ search: 'B' })
  mobile!: string | null;

  @UrlField()
  website!: string | null;

  /** where the lead came from: web, fair, referral, … */
  @TextField({ max: 60, indexed: true })
  source!: string | null;

  /** `converted` is set by the conversion only */
  @ChoiceField({ required: true, options: leadStatuses, default: 'new', indexed: true })
  status!: string;

  @TextField({ max: 200, classification: 'personal' })
  street!: string | null;

  @TextField({ max: 20, classification: 'personal' })
  postalCode!: string | null;

  @TextField({ max: 80 })
  city!: string | null;

  @TextField({ max: 80 })
  region!: string | null;

  @TextField({ max: 80, indexed: true })
  country!: string | null;

  @LongTextField({ search: 'C' })
  description!: string | null;

  @DateTimeField({ readOnly: true })
  convertedAt!: Date | null;

  @ReferenceField('account', { readOnly: true })
  convertedAccountId!: string | null;

  @ReferenceField('contact', { readOnly: true })
  convertedContactId!: string | null;

  @ReferenceField('deal', { readOnly: true })
  convertedDealId!: string | null;

  @TagsField()
  tags!: string[] | null;
}
