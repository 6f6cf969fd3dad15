import { BooleanField, CrmRecord, EmailField, RecordType, TextField } from '../../records/index.js';

/** A person who may sign in or own records. Credentials stand apart, in the `access` schema. */
@RecordType({
  name: 'user',
  plural: 'users',
  title: ['name'],
  icon: 'badge',
  cloud: 'system',
  adminOnly: true,
})
export class User extends CrmRecord {
  @TextField({ required: true, max: 120, search: 'A', classification: 'public', indexed: true })
  name!: string;

  @EmailField({ required: true, unique: true, classification: 'internal' })
  email!: string;

  @BooleanField({ required: true, default: true })
  active!: boolean;

  @TextField({ max: 80 })
  office!: string | null;

  /** the manager's name as the personnel file gives it */
  @TextField({ max: 120 })
  manager!: string | null;

  @TextField({ max: 10, default: 'en' })
  locale!: string | null;

  @TextField({ max: 60, default: 'UTC' })
  timeZone!: string | null;
}
