import {
  BooleanField,
  CrmRecord,
  LongTextField,
  MoneyField,
  RecordType,
  TagsField,
  TextField,
} from '../../records/index.js';

@RecordType({
  name: 'product',
  plural: 'products',
  title: ['name'],
  subtitle: ['code', 'family'],
  icon: 'category',
})
export class Product extends CrmRecord {
  @TextField({ required: true, max: 200, search: 'A', classification: 'public', indexed: true })
  name!: string;

  @TextField({ max: 60, search: 'B', classification: 'public' })
  code!: string | null;

  @TextField({ max: 80, classification: 'public', indexed: true })
  family!: string | null;

  @MoneyField({ classification: 'public', min: 0 })
  price!: string | null;

  @BooleanField({ required: true, default: true })
  active!: boolean;

  @LongTextField({ search: 'C' })
  description!: string | null;

  @TagsField()
  tags!: string[] | null;
}
