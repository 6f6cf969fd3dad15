import { Column, PrimaryColumn } from 'typeorm';
import { declareField } from './metadata/registry.js';
import { ReferenceField, SystemField, TextField } from './metadata/field.decorators.js';

/** What every record has. Ids are UUIDv7, so that new rows land at the end of every index. */
export abstract class CrmRecord {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @SystemField('dateTime', { required: true, indexed: true })
  createdAt!: Date;

  @SystemField('reference', { target: 'user', relation: 'creator' })
  createdBy!: string | null;

  @SystemField('dateTime', { required: true, indexed: true })
  updatedAt!: Date;

  @SystemField('reference', { target: 'user', relation: 'updater' })
  updatedBy!: string | null;

  @ReferenceField('user', { classification: 'public' })
  ownerId!: string | null;

  /** raised by one on every write; the ETag */
  @SystemField('integer', { required: true, column: { default: 1 } })
  version!: number;

  /** set while the record lies in the recycle bin */
  @SystemField('dateTime')
  deletedAt!: Date | null;

  /**
   * Key in the system a record was imported from; lets an import run twice without doubles. It is often made of other
   * fields (an e-mail address), so it must not leave where one of those stays: confidential, whatever it holds.
   */
  @TextField({ max: 200, unique: true, classification: 'confidential' })
  externalId!: string | null;

  /** values of the customer's own fields by key; described by rows of crm.custom_field */
  @Column({ type: 'jsonb', default: {} })
  custom!: Record<string, unknown>;
}

declareField(CrmRecord.prototype, {
  name: 'id',
  column: 'id',
  kind: 'id',
  label: 'Id',
  required: true,
  readOnly: true,
  classification: 'public',
  unique: true,
  indexed: true,
  custom: false,
});
