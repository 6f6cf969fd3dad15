/** How the connector reads its database, and knows whether it is still the one that it read before. */
const noHeadCheck = {
  file: 'connector/publish/uploader.ts',
  find: 'if (beyond !== null) throw await this.stranger(beyond);',
  replace: '',
};

export const source = {
  F13: {
    what: 'a batch, and whatever was committed before it, is on disk before it goes over the wire',
    edits: [
      {
        file: 'connector/connector-database.ts',
        find: "await client.query('SET LOCAL synchronous_commit = on');",
        replace: '',
      },
    ],
  },
  F14: {
    what: 'the local head must be the head of the bucket, and the database have been held against the ledger of erasures',
    edits: [
      noHeadCheck,
      {
        file: 'connector/publish/erasure-gate.ts',
        find: 'if (rows.length === 0) throw new ErasuresNotReplayed();',
        replace: 'if (rows.length > 1) throw new ErasuresNotReplayed();',
      },
    ],
  },
  F15: {
    what: 'a standby is refused, and another timeline or head is a fork',
    edits: [
      noHeadCheck,
      {
        file: 'connector/publish/publisher.ts',
        find: 'if (isStandby) throw new StandbyRefused();',
        replace: '',
      },
      {
        file: 'connector/publish/delta-maker.ts',
        find: 'if (open.source.timeline !== timeline) {',
        replace: 'if (open.source.timeline < timeline) {',
      },
    ],
  },
  F16: {
    what: 'views are locked before the snapshot is taken; a TRUNCATE or another fingerprint means: compare all rows',
    edits: [
      {
        file: 'connector/publish/snapshot-reader.ts',
        find: "SET LOCAL lock_timeout = '60s';",
        replace: "SET LOCAL lock_timeout = '60s'; SELECT pg_current_snapshot();",
      },
      {
        file: 'connector/publish/changed-keys.ts',
        find: 'if (isTruncated) return open.catalog.types;',
        replace: '',
      },
      {
        file: 'connector/publish/changed-keys.ts',
        find: 'return open.catalog.types.filter(({ type }) => open.catalog.fingerprints[type] !== known[type]);',
        replace: 'return open.catalog.types.filter(({ type }) => known[type] === type);',
      },
    ],
  },
  F17: {
    what: 'what was still open in the last snapshot is looked for in the next; who has a transaction open is noted',
    edits: [
      {
        file: 'connector/publish/publish-lane.ts',
        find: 'await noteOpenTransactions(this.options.db);',
        replace: '',
      },
      {
        file: 'src/replication/changelog/changed-keys.ts',
        find: 'if (open.length === 0) return begun;',
        replace: 'if (open.length >= 0) return begun;',
      },
    ],
  },
  F18: {
    what: 'rows that hang on a changed row are looked up with it',
    edits: [
      {
        file: 'connector/publish/changed-keys.ts',
        find: 'if (dependentsFunction === null || !present.has(type)) continue;',
        replace: 'if (dependentsFunction !== undefined) continue;',
      },
    ],
  },
  F19: {
    what: 'the policy in force is asked for again before anything of a batch is put, and held while its manifest is',
    edits: [
      {
        file: 'connector/publish/uploader.ts',
        find: 'if (policy?.version !== batch.policyVersion) throw new PolicyChanged();',
        replace: 'if (policy === null) throw new PolicyChanged();',
      },
      {
        file: 'connector/publish/policy-hold.ts',
        find: 'if (policy?.version !== version) throw new PolicyChanged();',
        replace: 'if (policy === null) throw new PolicyChanged();',
      },
    ],
  },
};
