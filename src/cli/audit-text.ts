import type { AuditVerification } from '../audit/index.js';

/** What a verification says, for people. */
export function verificationLines(found: AuditVerification): string[] {
  const { entries, waiting, checkpoints, anchor, findings, omitted } = found;
  return [
    `${entries} entries sealed under ${checkpoints} checkpoints, ${waiting} waiting for the next`,
    anchor
      ? `compared with ${anchor.checkpoints} checkpoints in the bucket; the newest, of ${anchor.at}, has ${anchor.size} entries`
      : 'no checkpoint outside this database: one that was rewritten as a whole could not be told',
    ...findings.map(({ code, detail }) => `${code}: ${detail}`),
    ...(omitted > 0 ? [`and ${omitted} more`] : []),
    ...(findings.length === 0 ? ['Nothing is wrong.'] : []),
  ];
}
