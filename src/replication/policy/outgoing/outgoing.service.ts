import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotAllowed, NotFound } from '../../../platform/errors/index.js';
import {
  ACCESS_POLICY,
  recordTypes,
  type AccessPolicy,
  type RecordTypeMeta,
  type RequestContext,
} from '../../../records/index.js';
import {
  readActivePolicy,
  readPolicySchema,
  readPolicyVersion,
  readProposedPolicy,
  type PolicyVersion,
} from '../activation/policy.store.js';
import { parsePolicy } from '../document/parse-policy.js';
import { MaintainerDatabase } from '../maintainer-database.js';
import { PolicyInvalid, PolicyVersionNotFound } from '../policy.errors.js';
import { outgoingRecord, type AskedPolicy, type Outgoing } from './outgoing-record.js';

/** Described for OpenAPI by OutgoingRecordDto. */
export interface OutgoingRecord extends Outgoing {
  readonly type: string;
  readonly id: string;
  /** null: of a document that is not kept */
  readonly policyVersion: number | null;
}

/** Tells what exactly would leave of one record. */
@Injectable()
export class OutgoingService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly maintainer: MaintainerDatabase,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /**
   * @param policy a version, `proposed` for the newest that waits, or nothing for the one in force
   * @throws NotAllowed, NotFound
   */
  async underVersion(
    ctx: RequestContext,
    type: string,
    id: string,
    policy?: string,
  ): Promise<OutgoingRecord> {
    const meta = this.readableType(ctx, type);
    const version = await this.version(policy);
    const schema = await readPolicySchema(this.dataSource);
    const parsed = parsePolicy(version.yaml, schema, { isApproved: version.state !== 'proposed' });
    if (version.state === 'active')
      return this.answer({ kind: 'in-force', policy: parsed.policy }, meta, id, version.version);
    if (!parsed.ok) throw new PolicyInvalid(parsed.issues);
    return this.answer({ kind: 'document', policy: parsed.policy }, meta, id, version.version);
  }

  /** @throws NotAllowed, NotFound, PolicyInvalid */
  async underDocument(ctx: RequestContext, type: string, id: string, yaml: string): Promise<OutgoingRecord> {
    const meta = this.readableType(ctx, type);
    const parsed = parsePolicy(yaml, await readPolicySchema(this.dataSource));
    if (!parsed.ok) throw new PolicyInvalid(parsed.issues);
    return this.answer({ kind: 'document', policy: parsed.policy }, meta, id, null);
  }

  private async answer(
    asked: AskedPolicy,
    meta: RecordTypeMeta,
    id: string,
    policyVersion: number | null,
  ): Promise<OutgoingRecord> {
    const outgoing = await outgoingRecord(await this.maintainer.connect(), asked, meta, id);
    if (!outgoing) throw new NotFound({ detail: `There is no ${meta.name} with this id.` });
    return { type: meta.name, id, policyVersion, ...outgoing };
  }

  private async version(policy: string | undefined): Promise<PolicyVersion> {
    if (policy === undefined) {
      const active = await readActivePolicy(this.dataSource);
      if (!active) throw new NotFound({ detail: 'No policy is in force: nothing leaves the building.' });
      return active;
    }
    if (policy === 'proposed') {
      const proposed = await readProposedPolicy(this.dataSource);
      if (!proposed) throw new NotFound({ detail: 'No version of the policy waits to be approved.' });
      return proposed;
    }
    const version = await readPolicyVersion(this.dataSource, Number(policy));
    if (!version) throw new PolicyVersionNotFound(Number(policy));
    return version;
  }

  /** The whole record is shown, so whoever asks must be allowed to read all of it. */
  private readableType(ctx: RequestContext, name: string): RecordTypeMeta {
    if (!this.access.hasFlag(ctx, 'manageCloud')) throw new NotAllowed();
    const meta = recordTypes().find((type) => type.name === name || type.plural === name);
    if (!meta) {
      const known = recordTypes().map((type) => type.name);
      throw new NotFound({ detail: `There is no record type ${name}; known: ${known.join(', ')}.` });
    }
    const isReadable = this.access.can(ctx, meta, 'read') === 'all';
    if (!isReadable || this.access.hiddenFields(ctx, meta).size > 0)
      throw new NotAllowed({
        detail: `Your roles do not let you read every field of every ${meta.name}, so you cannot see what leaves of one.`,
      });
    return meta;
  }
}
