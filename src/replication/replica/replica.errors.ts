export type ReplicaErrorCode =
  | 'replica.manifest_missing'
  | 'replica.rolled_back'
  | 'replica.forked'
  | 'replica.state_differs'
  | 'replica.schema_unknown'
  | 'replica.schema_changed'
  | 'replica.trust_missing'
  | 'replica.not_enrolled'
  | 'replica.revoked';

/** Why a batch was not applied, where the format by itself was right. The last good state stays in service. */
export class ReplicaError extends Error {
  constructor(
    readonly code: ReplicaErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ReplicaError';
  }
}
