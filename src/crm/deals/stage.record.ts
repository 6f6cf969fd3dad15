import {
  ChoiceField,
  CrmRecord,
  IntegerField,
  RecordType,
  ReferenceField,
  TextField,
} from '../../records/index.js';
import { dealStatuses, type DealStatus } from './deal-status.js';

@RecordType({
  name: 'stage',
  plural: 'stages',
  title: ['name'],
  icon: 'flag',
  cloud: 'system',
  adminOnly: true,
  uniqueTogether: [['pipelineId', 'key']],
})
export class Stage extends CrmRecord {
  @ReferenceField('pipeline', { required: true, onDelete: 'cascade' })
  pipelineId!: string;

  @TextField({ required: true, max: 80, search: 'A' })
  name!: string;

  /** what a deal's `stage` holds; unique within its pipeline */
  @TextField({ required: true, max: 60, indexed: true })
  key!: string;

  /** the status of every deal in this stage */
  @ChoiceField({ required: true, options: dealStatuses, default: 'open' })
  status!: DealStatus;

  /** percent, 0 to 100 */
  @IntegerField({ required: true, min: 0, default: 0 })
  probability!: number;

  @IntegerField({ required: true, default: 0 })
  position!: number;
}
