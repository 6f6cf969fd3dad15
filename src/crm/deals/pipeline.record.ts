import { BooleanField, CrmRecord, IntegerField, RecordType, TextField } from '../../records/index.js';

@RecordType({
  name: 'pipeline',
  plural: 'pipelines',
  title: ['name'],
  icon: 'route',
  cloud: 'system',
  adminOnly: true,
  indexes: [{ name: 'one_default', fields: ['isDefault'], onceWhere: 'isDefault' }],
})
export class Pipeline extends CrmRecord {
  @TextField({ required: true, max: 80, search: 'A' })
  name!: string;

  /** names the pipeline in imports and the API, once and for all */
  @TextField({ required: true, max: 60, unique: true })
  key!: string;

  @IntegerField({ required: true, default: 0 })
  position!: number;

  /** where a deal goes that names no pipeline */
  @BooleanField({ required: true, default: false })
  isDefault!: boolean;

  /** takes no new deals and is left out of pickers; its deals stay */
  @BooleanField({ default: false })
  archived!: boolean | null;
}
