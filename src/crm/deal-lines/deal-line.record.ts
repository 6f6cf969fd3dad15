import {
  CrmRecord,
  DecimalField,
  IntegerField,
  MoneyField,
  RecordType,
  ReferenceField,
  TextField,
} from '../../records/index.js';

/** A product on a deal. Lines belong to their deal: its rights are theirs, and its amount is their sum. */
@RecordType({ name: 'dealLine', plural: 'deal-lines', title: ['name'], icon: 'list', partOf: 'dealId' })
export class DealLine extends CrmRecord {
  @ReferenceField('deal', { required: true, onDelete: 'cascade' })
  dealId!: string;

  @ReferenceField('product')
  productId!: string | null;

  /** the product's where left out; stays as it was agreed when the product is renamed */
  @TextField({ required: true, max: 200, search: 'A' })
  name!: string;

  @DecimalField({ required: true, default: '1' })
  quantity!: string;

  /** of one piece, before the discount; the product's where left out */
  @MoneyField({ required: true, min: 0 })
  unitPrice!: string;

  /** 0 to 100 */
  @DecimalField({ required: true, min: 0, default: '0' })
  discountPercent!: string;

  /** quantity × unit price less discount, rounded to the digits of the currency */
  @MoneyField({ required: true, readOnly: true })
  total!: string;

  /** place among the deal's lines; last where left out */
  @IntegerField({ required: true, min: 0 })
  position!: number;
}
