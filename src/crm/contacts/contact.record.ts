import {
  CrmRecord,
  EmailField,
  LongTextField,
  PhoneField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
} from '../../records/index.js';

@RecordType({
  name: 'contact',
  plural: 'contacts',
  title: ['firstName', 'lastName'],
  subtitle: ['jobTitle', 'accountId'],
  icon: 'person',
})
export class Contact extends CrmRecord {
  @TextField({ max: 80, search: 'A', classification: 'internal' })
  firstName!: string | null;

  @TextField({ required: true, max: 80, search: 'A', classification: 'internal', indexed: true })
  lastName!: string;

  @TextField({ max: 120 })
  jobTitle!: string | null;

  @EmailField({ indexed: true, search: 'B' })
  email!: string | null;

  @PhoneField({ search: 'B' })
  phone!: string | null;

  @PhoneField({ search: 'B' })
  mobile!: string | null;

  @ReferenceField('account')
  accountId!: string | null;

  @LongTextField({ search: 'C' })
  description!: string | null;

  @TagsField()
  tags!: string[] | null;
}
