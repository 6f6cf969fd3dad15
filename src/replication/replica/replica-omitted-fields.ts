import { Injectable } from '@nestjs/common';
import { findRecordType, type OmittedFields } from '../../records/index.js';
import { ReplicaStatus } from './replica-status.js';

const nothing: ReadonlySet<string> = new Set();

/** Which fields are empty here because the policy left them out, and which hold less than at home, as the snapshot says. */
@Injectable()
export class ReplicaOmittedFields implements OmittedFields {
  constructor(private readonly status: ReplicaStatus) {}

  /** Custom fields are not among them: the definition of one that is left out does not travel either. */
  of(type: string): ReadonlySet<string> {
    const meta = findRecordType(type);
    if (meta === undefined || this.status.generation === 0) return nothing;
    const columns = this.status.columnsOf(type) ?? nothing;
    return new Set(meta.fields.filter((field) => !columns.has(field.column)).map((field) => field.name));
  }

  treatments(type: string): ReadonlyMap<string, string> {
    return new Map(this.status.treatmentsOf(type).map(({ field, as }) => [field, as]));
  }
}
