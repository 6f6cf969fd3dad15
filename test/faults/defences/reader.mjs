/** What a replica believes, and how it applies what it believes. */
const noTransaction = [
  { file: 'src/replication/replica/batch-applier.ts', find: "await client.query('BEGIN');", replace: '' },
  {
    file: 'src/replication/replica/batch-applier.ts',
    find: 'client.release(failure);',
    replace: 'client.release(true);',
  },
  {
    file: 'src/replication/replica/staging-loader.ts',
    find: '(id uuid, line bigint, row text) ON COMMIT DROP',
    replace: '(id uuid, line bigint, row text)',
  },
  {
    file: 'src/replication/replica/staging-loader.ts',
    find: '(id uuid, line bigint) ON COMMIT DROP',
    replace: '(id uuid, line bigint)',
  },
];

export const reader = {
  F08: {
    what: 'signature, digest and state are compared before anything counts, and a manifest that the beat names is missed',
    edits: [
      {
        file: 'src/replication/format/envelope.ts',
        find: 'if (signed.has(keyid) || !verifySignature(publicKey, message, sig)) {',
        replace: 'if (signed.has(keyid) || !verifySignature) {',
      },
      {
        file: 'src/replication/format/part-reader.ts',
        find: 'if (isLast && (await input.end()) !== sha256) {',
        replace: 'if (isLast && (await input.end()) === sha256.slice(1)) {',
      },
      {
        file: 'src/replication/replica/batch-applier.ts',
        find: 'claimed.checksum === actual.checksum) return;',
        replace: 'claimed.checksum.length === actual.checksum.length) return;',
      },
      {
        file: 'src/replication/replica/replica-follower.ts',
        find: 'if (next === null || beat === null || comparePositions(next, beat) > 0) return;',
        replace: 'if (next === null || beat === null || comparePositions(next, beat) !== 999) return;',
      },
    ],
  },
  F09: {
    what: 'the highest position that was seen, or told by hand, is never gone below',
    edits: [
      {
        file: 'src/replication/replica/replica-follower.ts',
        find: 'if (comparePositions(beat, seen) < 0 && !(await this.isMerelyLate(beat, seen, state))) {',
        replace: 'if (comparePositions(beat, seen) === 999) {',
      },
      {
        file: 'src/replication/replica/replica-follower.ts',
        find: 'if (state === null && floor !== null && comparePositions(beat, floor) < 0) {',
        replace: 'if (state === null && floor !== null && comparePositions(beat, floor) === 999) {',
      },
    ],
  },
  F10: {
    what: 'a state is old once the beat has expired',
    edits: [
      {
        file: 'src/replication/replica/replica-status.ts',
        find: 'return expires === null || expires.getTime() < this.now();',
        replace: 'return expires === null;',
      },
    ],
  },
  F11: {
    what: 'only keys that the newest root trusts count, and only for this tenant',
    edits: [
      {
        file: 'src/replication/format/envelope.ts',
        find: 'if (publicKey === undefined)\n      throw',
        replace: 'if (publicKey === undefined) continue;\n    if (keyid === sig.toString())\n      throw',
      },
      {
        file: 'src/replication/format/signed-statement.ts',
        find: 'if (allowed.has(id)) continue;',
        replace: 'if (allowed.has(id) || id.length > 0) continue;',
      },
      {
        file: 'src/replication/format/signed-statement.ts',
        find: 'if (statement.tenant !== expect.tenant)',
        replace: "if (statement.tenant === '')",
      },
      {
        file: 'src/replication/format/part-reader.ts',
        find: 'if (header.tenant !== context.tenant)',
        replace: "if (header.tenant === '')",
      },
    ],
  },
  F24: {
    what: 'what cannot be written ends the batch, in the spool before it is recorded, in a replica before it is shown, and it is said in words',
    edits: [
      {
        file: 'src/platform/database/database-trouble.ts',
        find: 'return Object.hasOwn(troubles, code) ? troubles[code] : undefined;',
        replace: "return code === '' ? troubles[code] : undefined;",
      },
      ...noTransaction,
      {
        file: 'src/replication/format/part-writer.ts',
        find: 'while (rest.length > 0) rest = unwritten(rest, (await this.file.writev(rest)).bytesWritten);',
        replace: 'await this.file.writev(rest).catch(() => undefined); rest = unwritten([], 0);',
      },
    ],
  },
  F25: {
    what: 'order comes from numbers; no time is compared with another',
    edits: [
      {
        file: 'src/replication/replica/replica-follower.ts',
        find: "if (manifest.kind === 'delta' && state !== null) assertFollows(manifest, state);",
        replace:
          "if (manifest.kind === 'delta' && state !== null && manifest.createdAt < state.appliedAt.toISOString())\n      throw new FormatError('format.chain_broken', 'manifest: is older than the last');",
      },
    ],
  },
  F26: {
    what: 'a reader asks first whether it is new enough, and whether its tables are, and names what it writes',
    edits: [
      {
        file: 'src/replication/replica/target-tables.ts',
        find: 'if (missing !== undefined) {',
        replace: "if (missing !== undefined && type === '') {",
      },
      {
        file: 'src/replication/replica/batch-applier.ts',
        find: "INSERT INTO ${table} (${list}) SELECT ${columns.map((column) => `(r.record).${column}`).join(', ')} FROM (",
        replace: 'INSERT INTO ${table} SELECT (r.record).* FROM (',
      },
      {
        file: 'src/replication/format/signed-statement.ts',
        find: 'assertReadable(value, what);',
        replace: '',
      },
    ],
  },
  F27: { what: 'a batch is applied in one transaction', edits: noTransaction },
};
