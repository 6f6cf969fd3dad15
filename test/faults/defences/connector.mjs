/** How batches get from the database into the bucket. */
export const connector = {
  F01: {
    what: 'a batch that was recorded is finished by whoever comes next',
    edits: [
      {
        file: 'connector/publish/publisher.ts',
        find: 'if (pending !== null && generation !== null) return this.finish(pending, generation);',
        replace: '',
      },
    ],
  },
  F02: {
    what: 'the lease is proved again before a batch is recorded, and before its manifest is put',
    edits: [
      {
        file: 'connector/publish/publish-lease.ts',
        find: 'if (held === 1) return;',
        replace: 'if (held !== -1) return;',
      },
    ],
  },
  F03: {
    what: 'only a lease that has run out is taken over',
    edits: [
      {
        file: 'connector/publish/publish-lease.ts',
        find: 'WHERE held.expires_at < clock_timestamp()',
        replace: '',
      },
    ],
  },
  F04: {
    what: 'the queue is filled again and again from what PostgreSQL knows',
    edits: [
      {
        file: 'connector/attachments/attachments.reconciler.ts',
        find: 'for (const { blobId, epoch } of await this.services.store.owed(AT_ONCE))',
        replace:
          'for (const { blobId, epoch } of (await this.services.store.owed(AT_ONCE)).filter((owed) => !trusted.has(owed.blobId) && trusted.add(owed.blobId)))',
      },
      {
        file: 'connector/attachments/attachments.reconciler.ts',
        find: 'const EVERY_MS = 2_000;',
        replace: 'const EVERY_MS = 2_000; const trusted = new Set<string>();',
      },
    ],
  },
  F05: {
    what: 'a long backlog is coalesced by key',
    edits: [
      {
        file: 'connector/publish/publish-lane.ts',
        find: 'if (!isTooLong || generation === null) return;',
        replace: 'if (isTooLong || generation === null) return;',
      },
    ],
  },
  F06: {
    what: 'what stands in the place of a manifest is compared with what was signed here',
    edits: [
      {
        file: 'connector/publish/manifest-shelf.ts',
        find: 'return standing.equals(batch.manifest) ? null : standing;',
        replace: 'return standing;',
      },
      {
        file: 'connector/publish/uploader.ts',
        find: "if (bytes.equals(batch.manifest)) return 'ours';",
        replace: '',
      },
    ],
  },
  F07: {
    what: 'calls to the bucket are tried again, after a pause',
    edits: [
      {
        file: 'src/platform/bucket/s3-calls.ts',
        find: 'retries: attempts - 1,',
        replace: 'retries: attempts * 0,',
      },
    ],
  },
  F12: {
    what: 'the condition is tried before it is relied on',
    edits: [
      {
        file: 'src/platform/bucket/conditional-put.probe.ts',
        find: 'if (winner === undefined || winners.length !== 1 || late.created) return false;',
        replace: 'if (winner === undefined || late.created !== undefined) return true;',
      },
    ],
  },
  F20: {
    what: 'an erasure breaks off what is being compacted, and lets no reader keep the older generations',
    edits: [
      {
        file: 'connector/publish/rebase/rebaser.ts',
        find: 'const isOvertaken = isTimeToLook && (await isErasureWaiting(this.parts.db));',
        replace: 'const isOvertaken = !isTimeToLook && (await isErasureWaiting(this.parts.db));',
      },
      {
        file: 'connector/publish/rebase/rebaser.ts',
        find: 'const graceMs = rebase.mustPurgeAtOnce ? 0 : rules.graceMs;',
        replace: 'const graceMs = rules.graceMs;',
      },
    ],
  },
  F21: {
    what: 'more deletes than the policy lets pass wait for a person',
    edits: [
      {
        file: 'connector/publish/delete-brake.ts',
        find: 'if (this.threshold !== null && this.excess > this.threshold) throw new BrakePassed();',
        replace: 'if (this.threshold !== null && this.excess < 0) throw new BrakePassed();',
      },
    ],
  },
  F22: {
    what: 'a file must hash to what was granted before its object counts',
    edits: [
      {
        file: 'connector/attachments/blob-upload.ts',
        find: 'if (hash.digest().equals(this.grant.sha256)) return;',
        replace: 'if (hash.digest().length > 0) return;',
      },
    ],
  },
  F23: {
    what: 'only a key that the newest root lists signs, and the newest of those',
    edits: [
      {
        file: 'connector/publish/held-signers.ts',
        find: 'return this.held.find(({ signer }) => listed.includes(signer.publicKey))?.signer;',
        replace: 'return listed.length > 0 ? this.held.at(-1)?.signer : undefined;',
      },
    ],
  },
};
