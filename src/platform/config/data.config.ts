import {
  ArrayUnique,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { Section, Setting } from './setting.decorator.js';

const POSTGRES = /^postgres(ql)?:\/\/\S+$/;
const REDIS = /^(rediss?:\/\/[^\s,]+|rediss?\+sentinel:\/\/[^\s/]+\/[^\s/]+(\/\d+)?)$/;
const BUCKET = /^(file:\/\/\/|s3:\/\/)\S+$/;
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u;
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export class DatabaseConfig {
  /** As holdfast_app on a primary, holdfast_replica_app on a replica, holdfast_connector in the connector. */
  @Setting('text', 'a postgres:// address', { secret: true, env: 'DATABASE_URL' })
  @Matches(POSTGRES)
  readonly url!: string;

  /** As holdfast_owner: migrations only. Unset where an administrator runs them by hand. */
  @Setting('text', 'a postgres:// address', { optional: true, secret: true })
  @Matches(POSTGRES)
  readonly ownerUrl: string | null = null;

  /** As holdfast_maintainer: policy views, indexes. */
  @Setting('text', 'a postgres:// address', { optional: true, secret: true })
  @Matches(POSTGRES)
  readonly maintainerUrl: string | null = null;

  /** As holdfast_replica_apply, on a replica: writes what was verified. */
  @Setting('text', 'a postgres:// address', { optional: true, secret: true })
  @Matches(POSTGRES)
  readonly applyUrl: string | null = null;

  @Setting('number', 'a whole number from 2 to 200')
  @IsInt()
  @Min(2)
  @Max(200)
  readonly poolSize: number = 10;
}

export class QueueConfig {
  @Setting('text', 'a redis:// or rediss:// address, or redis+sentinel://host,host/group', {
    ...{ optional: true, secret: true, env: 'REDIS_URL' },
  })
  @Matches(REDIS)
  readonly redisUrl: string | null = null;

  /** For rediss://: who signed the server's certificate, where the system does not know. */
  @Setting('text', 'the path of a PEM file', { optional: true })
  @IsString()
  @IsNotEmpty()
  readonly redisCaFile: string | null = null;

  /** As holdfast_queue, in a database of its own; used when there is no redisUrl. */
  @Setting('text', 'a postgres:// address', { optional: true, secret: true })
  @Matches(POSTGRES)
  readonly databaseUrl: string | null = null;

  @Setting('text', 'letters, digits and _, beginning with a letter')
  @Matches(/^[a-z][a-z0-9_]{0,40}$/)
  readonly prefix: string = 'holdfast';

  @Setting('number', 'a whole number from 1 to 64')
  @IsInt()
  @Min(1)
  @Max(64)
  readonly concurrency: number = 4;
}

export class BucketConfig {
  @Setting('text', 'a file:/// or s3:// address', { optional: true, env: 'BUCKET_URL' })
  @Matches(BUCKET)
  readonly url: string | null = null;

  @Setting('text', 'an http:// or https:// address', { optional: true })
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  readonly endpoint: string | null = null;

  @Setting('text', 'the name of a region, such as eu-central-1', { optional: true })
  @IsString()
  @IsNotEmpty()
  readonly region: string | null = null;

  @Setting('flag', 'true or false')
  @IsBoolean()
  readonly forcePathStyle: boolean = false;

  @Setting('text', 'an access key id', { optional: true, secret: true })
  @IsString()
  @IsNotEmpty()
  readonly accessKeyId: string | null = null;

  @Setting('text', 'a secret access key', { optional: true, secret: true })
  @IsString()
  @IsNotEmpty()
  readonly secretAccessKey: string | null = null;

  /** Old versions of deleted objects are removed by somebody else, later. */
  @Setting('flag', 'true or false')
  @IsBoolean()
  readonly purgeMayWait: boolean = false;
}

export class TenantConfig {
  @Setting('text', 'lower-case letters, digits and -, at most 63')
  @Matches(NAME)
  readonly id: string = 'main';

  /** Tells servers behind one host name apart: it is part of the cookie's name. */
  @Setting('text', 'lower-case letters, digits and -, at most 63', { optional: true })
  @Matches(NAME)
  readonly installation: string | null = null;
}

export class KeysConfig {
  @Setting('text', 'a folder that only this user may read', { path: true })
  @IsString()
  @IsNotEmpty()
  readonly folder: string = '/var/lib/holdfast/keys';
}

export class FilesConfig {
  @Setting('text', 'a folder that only this user may read', { path: true })
  @IsString()
  @IsNotEmpty()
  readonly folder: string = '/var/lib/holdfast/files';

  /** Wraps the keys of stored files. Unset: `server/files.key` in the keys folder. */
  @Setting('text', 'a file that only this user may read', { optional: true, path: true })
  @IsString()
  @IsNotEmpty()
  readonly keyFile: string | null = null;

  /**
   * The ledger of erasures. Unset: `erasures` in this folder. Never restore it from a backup: it is what keeps a restored
   * database from bringing people back. Best on another machine's disk.
   */
  @Setting('text', 'a folder that only this user may write', { optional: true, path: true })
  @IsString()
  @IsNotEmpty()
  readonly erasureFolder: string | null = null;

  /** So long an erasure that is not urgent waits for others, since each costs a rewrite of the cloud copy. */
  @Setting('number', 'a whole number of minutes from 0 to 43200')
  @IsInt()
  @Min(0)
  @Max(43_200)
  readonly erasureBatchMinutes: number = 60;

  /** Of one attachment. */
  @Setting('number', 'whole bytes from 1024 to 1099511627776')
  @IsInt()
  @Min(1024)
  @Max(1_099_511_627_776)
  readonly maxBytes: number = 4_294_967_296;

  /** What an attachment may be labelled with; the cloud policy selects by it. */
  @Setting('list', 'a list of different words of at most 40 characters')
  @ArrayUnique()
  @Matches(LABEL, { each: true })
  readonly labels: readonly string[] = ['shareable', 'internal', 'confidential'];

  /** So long a deleted attachment can be restored. */
  @Setting('number', 'a whole number of days from 1 to 3650')
  @IsInt()
  @Min(1)
  @Max(3650)
  readonly keepDeletedDays: number = 30;

  /** So long a stored file stays that no attachment refers to any more. */
  @Setting('number', 'a whole number of hours from 1 to 8760')
  @IsInt()
  @Min(1)
  @Max(8760)
  readonly keepUnusedHours: number = 24;

  /** The rows that an import refused are personal data; after so many days they are removed. */
  @Setting('number', 'a whole number of days from 1 to 3650')
  @IsInt()
  @Min(1)
  @Max(3650)
  readonly keepImportsDays: number = 30;
}

export class ReplicaConfig {
  @Setting('text', 'lower-case letters, digits and -, at most 63')
  @Matches(NAME)
  readonly name: string = 'replica-1';

  /** Nothing older is ever accepted, even by a fresh replica. */
  @Setting('text', '<generation>.<batch>, such as 3.120', { optional: true })
  @Matches(/^\d{1,9}\.\d{1,15}$/)
  readonly floor: string | null = null;

  @Setting('number', 'whole milliseconds from 50 to 600000')
  @IsInt()
  @Min(50)
  @Max(600_000)
  readonly pollMs: number = 500;
}

/** How files of attachments travel. */
export class AttachmentTravelConfig {
  /** Over all uploads of one connector. Unset: no cap. */
  @Setting('number', 'whole bytes per second from 1024 to 10000000000', { optional: true })
  @IsInt()
  @Min(1024)
  @Max(10_000_000_000)
  readonly bytesPerSecond: number | null = null;

  /** When files may be sent, in the time zone of the connector's host. Empty: always. Rows travel at any time. */
  @Setting('list', 'a list of windows such as 22:00-06:00, whose ends differ')
  @Matches(/^((?:[01]\d|2[0-3]):[0-5]\d)-(?!\1$)(?:[01]\d|2[0-3]):[0-5]\d$/, { each: true })
  readonly windows: string[] = [];

  /** Files at the same time, per connector; each takes 24 MiB of memory. */
  @Setting('number', 'a whole number from 1 to 16')
  @IsInt()
  @Min(1)
  @Max(16)
  readonly concurrency: number = 2;

  /** An object that no row shows any more stays for so many further batches, for replicas that are behind. */
  @Setting('number', 'a whole number from 0 to 1000')
  @IsInt()
  @Min(0)
  @Max(1000)
  readonly keepBatches: number = 2;

  /** And at least for so long. A narrowed policy waits for neither. */
  @Setting('number', 'whole milliseconds from 0 to 604800000')
  @IsInt()
  @Min(0)
  @Max(604_800_000)
  readonly keepMs: number = 600_000;
}

export class ConnectorConfig {
  @Section(AttachmentTravelConfig)
  readonly attachments: AttachmentTravelConfig = new AttachmentTravelConfig();

  @Setting('number', 'whole milliseconds from 50 to 600000')
  @IsInt()
  @Min(50)
  @Max(600_000)
  readonly pollMs: number = 500;

  /** Batches follow one another no faster; a first change after a quiet moment does not wait. */
  @Setting('number', 'whole milliseconds from 0 to 60000')
  @IsInt()
  @Min(0)
  @Max(60_000)
  readonly paceMs: number = 200;

  /** How often replicas are told that nothing newer was left out; each is one small PUT. */
  @Setting('number', 'whole milliseconds from 200 to 600000')
  @IsInt()
  @Min(200)
  @Max(600_000)
  readonly beatMs: number = 2000;

  @Setting('text', 'a folder on a local disk', { path: true })
  @IsString()
  @IsNotEmpty()
  readonly spoolFolder: string = '/var/lib/holdfast/spool';

  @Setting('number', 'whole bytes from 1048576 to 1099511627776')
  @IsInt()
  @Min(1_048_576)
  @Max(1_099_511_627_776)
  readonly spoolBytes: number = 10_737_418_240;

  /** Above so many notes of changes that nobody took, one is kept per record: days without a bucket. */
  @Setting('number', 'whole rows from 1000 to 100000000')
  @IsInt()
  @Min(1000)
  @Max(100_000_000)
  readonly changeLogRows: number = 500_000;

  @Setting('number', 'whole milliseconds from 1000 to 600000')
  @IsInt()
  @Min(1000)
  @Max(600_000)
  readonly leaseMs: number = 15_000;

  /** So long a confirmation of deletes that the brake held is good. */
  @Setting('number', 'whole milliseconds from 60000 to 604800000')
  @IsInt()
  @Min(60_000)
  @Max(604_800_000)
  readonly brakeConfirmationMs: number = 3_600_000;
}
