import { Conflict, InvalidInput, NotFound, Unavailable } from '../../platform/errors/index.js';

/** 400: the file is not an enrolment, or not one that a replica has signed, or from another version of the program. */
export class EnrolmentInvalid extends InvalidInput {
  constructor(message: string, cause: Error) {
    super([{ path: 'enrolment', message }], {
      detail:
        'The enrolment file cannot be used. Make it again on the replica’s host and carry it over unchanged.',
      cause,
    });
  }
}

export class EnrolmentOfOtherTenant extends Conflict {
  constructor(tenant: string) {
    super('enrolment_other_tenant', {
      detail: `The enrolment is for another tenant. This installation’s is ${tenant}: make the file again on the replica’s host with --tenant ${tenant}. Nothing changed.`,
    });
  }
}

export class AlreadyEnrolled extends Conflict {
  constructor(name: string, version: number) {
    super('already_enrolled', {
      detail: `${name} is enrolled already with this very key, since root ${String(version)}. Nothing changed.`,
    });
  }
}

export class ReplicaNameTaken extends Conflict {
  constructor(name: string, fingerprint: string) {
    super('replica_name_taken', {
      detail: `Another replica is enrolled as ${name}, with the key ${fingerprint}. Enrol this one under another name, or revoke the other first: holdfast cloud replica revoke ${name}. Nothing changed.`,
    });
  }
}

export class ReplicaKeyTaken extends Conflict {
  constructor(name: string) {
    super('replica_key_taken', {
      detail: `The replica ${name} is enrolled with one of these keys. Each replica has keys of its own: make them on its host. Nothing changed.`,
    });
  }
}

export class ReplicaKeyRevoked extends Conflict {
  constructor(version: number) {
    super('replica_key_revoked', {
      detail: `One of these keys was taken back by root ${String(version)} and stays so. Remove the replica’s key folder on its host and enrol it anew. Nothing changed.`,
    });
  }
}

export class RecipientDiffers extends Conflict {
  constructor(name: string) {
    super('recipient_differs', {
      detail: `${name} is enrolled with another recipient key. If it has made a new one, say so: holdfast cloud keys rotate --recipient FILE. Nothing changed.`,
    });
  }
}

export class TooManyReplicas extends Conflict {
  constructor(most: number) {
    super('too_many_replicas', {
      detail: `There are ${String(most)} replicas, and there can be no more. Revoke one first.`,
    });
  }
}

export class ReplicaUnknown extends NotFound {
  constructor(name: string, known: readonly string[]) {
    const others = known.length === 0 ? 'No replica is enrolled.' : `Enrolled are: ${known.join(', ')}.`;
    super({ detail: `There is no replica ${name}. ${others}` });
  }
}

export class ManifestKeyUnknown extends NotFound {
  constructor(fingerprint: string) {
    super({
      detail: `No manifest key of the newest root begins with ${fingerprint}. holdfast cloud keys list shows them.`,
    });
  }
}

export class ManifestKeyKnown extends Conflict {
  constructor(version: number) {
    super('manifest_key_known', {
      detail: `This key is or was a manifest key, since root ${String(version)}. A rotation needs a new one: holdfast cloud keys prepare, on the connector’s host.`,
    });
  }
}

export class ManifestKeyInUse extends Conflict {
  constructor(fingerprint: string, newest: number) {
    super('manifest_key_in_use', {
      detail: `No connector is known to sign with another key than ${fingerprint} under root ${String(newest)}. Wait until holdfast cloud keys list shows the new one in use; with --force it goes all the same, and nothing is published until another key is in use.`,
    });
  }
}

export class LastManifestKey extends Conflict {
  constructor() {
    super('last_manifest_key', {
      detail: 'This is the only manifest key. Add the next one first: holdfast cloud keys rotate --manifest.',
    });
  }
}

/** 409: roots follow one another by number, and this number is taken. */
export class RootTaken extends Conflict {
  constructor(version: number) {
    super('root_taken', {
      detail: `Somebody else has just made root ${String(version)}. Nothing of yours changed; look at it and try again.`,
    });
  }
}

/** 409: what is here does not fit together, and going on could undo what another root has done. */
export class TrustBroken extends Conflict {
  constructor(detail: string, cause?: Error) {
    super('trust_broken', { detail, ...(cause === undefined ? {} : { cause }) });
  }
}

/** 503: a manifest is on its way to the bucket and does not end. */
export class PublishingHolds extends Unavailable {
  constructor() {
    super('publishing_under_way', {
      detail:
        'The connector is just putting something into the bucket and does not come to an end. Nothing changed; try again in a minute.',
    });
  }
}

export class HostNameInvalid extends InvalidInput {
  constructor(field: string) {
    super([{ path: field, message: 'should be a-z, 0-9 and -, up to 63 characters, not beginning with -' }], {
      detail: `The ${field} cannot be used.`,
    });
  }
}

export class RootInvalid extends InvalidInput {
  constructor(message: string, cause: Error) {
    super([{ path: 'root', message }], {
      detail:
        'The root of trust cannot be used. Take the file root.json that the premises gave out, unchanged.',
      cause,
    });
  }
}

export class PinDiffers extends Conflict {
  constructor(path: string) {
    super('pin_differs', {
      detail: `This host starts from another root of trust already: ${path}. Nothing changed. Remove that file first if it is to start from this one.`,
    });
  }
}

export class ConnectorKeysElsewhere extends Conflict {
  constructor() {
    super('connector_keys_elsewhere', {
      detail:
        'No signing key of the connector is here. Make the next one on the connector’s host with holdfast cloud keys prepare, and give its public half with --public-key.',
    });
  }
}
