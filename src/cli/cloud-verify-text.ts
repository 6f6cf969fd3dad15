import type { Finding, VerifyReport } from '../replication/verify/index.js';

const LISTED = 200;

export function reportLines(report: VerifyReport): string[] {
  const { findings, omittedFindings, counts, standing } = report;
  const shown = findings.slice(0, LISTED);
  const more = findings.length - shown.length + omittedFindings;
  return [
    `${report.objects} objects, ${mb(report.bytes)} MB, read in ${report.seconds.toFixed(1)} s`,
    ...placeLines(report),
    ...depthLines(report),
    ...shown.map(findingLine),
    ...(more > 0
      ? [`and ${more} more; --json lists ${omittedFindings > 0 ? 'the first of them' : 'all'}`]
      : []),
    ...(counts.error + counts.warning === 0 ? ['Every byte is as it was signed.'] : []),
    ...(standing === null
      ? []
      : [
          `Next time give --floor ${standing.generation}.${standing.n}: it tells a bucket that was set back.`,
        ]),
  ];
}

export function findingsLine({ counts }: VerifyReport): string {
  const errors = counts.error === 1 ? '1 error' : `${counts.error} errors`;
  return `${errors}, ${counts.warning === 1 ? '1 warning' : `${counts.warning} warnings`}.`;
}

function placeLines({ tenant, root, standing, beat, inFlight, condemned }: VerifyReport): string[] {
  const at =
    standing === null ? 'at no batch' : `at ${standing.generation}.${standing.n} as of ${standing.asOf}`;
  const validity =
    beat === null ? 'no beat' : `beat ${beat.isExpired ? 'expired' : 'good until'} ${beat.expires}`;
  return [
    `tenant ${tenant}, root ${root.newest}, ${at}, ${validity}`,
    ...(inFlight.objects > 0 ? [`in flight: ${inFlight.objects} objects, ${mb(inFlight.bytes)} MB`] : []),
    ...(condemned.objects > 0 ? [`condemned: ${condemned.objects} objects, ${mb(condemned.bytes)} MB`] : []),
  ];
}

function depthLines({ opened, comparedWithPremises }: VerifyReport): string[] {
  return [
    ...(opened === null
      ? []
      : [`opened: ${opened.parts} parts with ${opened.rows} lines, ${opened.attachments} attachments`]),
    ...(comparedWithPremises === null ? [] : [`compared with the premises: ${comparedWithPremises} batches`]),
  ];
}

function findingLine({ severity, key, code, message }: Finding): string {
  return `${severity.padEnd(8)}${key === null ? '' : `${printable(key)}: `}${message} (${code})`;
}

/** Whoever owns the bucket chooses the keys; they must not write to a terminal as they like. */
function printable(key: string): string {
  return /^[\x21-\x7e]+$/.test(key) ? key : JSON.stringify(key).replace(/[^\x20-\x7e]/g, '?');
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
