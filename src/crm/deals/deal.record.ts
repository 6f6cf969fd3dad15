import {
  ChoiceField,
  CrmRecord,
  DateField,
  DateTimeField,
  IntegerField,
  LongTextField,
  MoneyField,
  RecordType,
  ReferenceField,
  TagsField,
  TextField,
} from '../../records/index.js';
import { dealStatuses, type DealStatus } from './deal-status.js';

@RecordType({
  name: 'deal',
  plural: 'deals',
  title: ['name'],
  subtitle: ['accountId', 'stage'],
  icon: 'handshake',
  // A board reads a column in the order of the expected close, and sums what is in it.
  indexes: [
    {
      name: 'board',
      fields: ['pipelineId', 'stage', 'closeDate', 'id'],
      includes: ['amount', 'probability', 'ownerId'],
    },
  ],
})
export class Deal extends CrmRecord {
  @TextField({ required: true, max: 200, search: 'A', indexed: true })
  name!: string;

  @ReferenceField('pipeline', { required: true, onDelete: 'restrict' })
  pipelineId!: string;

  /** key of a stage of the deal's pipeline */
  @TextField({ required: true, max: 60, indexed: true })
  stage!: string;

  /** follows from the stage */
  @ChoiceField({ required: true, options: dealStatuses, readOnly: true, indexed: true })
  status!: DealStatus;

  /** since when the deal has been in its stage */
  @DateTimeField({ readOnly: true })
  stageSince!: Date | null;

  /** why the deal was lost; empty in any other status */
  @TextField({ max: 200, indexed: true })
  lostReason!: string | null;

  /** the sum of the deal's lines; set by hand while there are none */
  @MoneyField({ min: 0 })
  amount!: string | null;

  /** percent, 0 to 100; the stage's where not set by hand */
  @IntegerField({ min: 0 })
  probability!: number | null;

  @DateField()
  engagedOn!: string | null;

  /** expected while open, actual once won or lost */
  @DateField({ indexed: true })
  closeDate!: string | null;

  @ReferenceField('account')
  accountId!: string | null;

  @ReferenceField('contact')
  contactId!: string | null;

  @ReferenceField('product')
  productId!: string | null;

  @LongTextField({ search: 'C' })
  description!: string | null;

  @TagsField()
  tags!: string[] | null;
}
