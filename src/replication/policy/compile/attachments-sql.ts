import type { AttachmentRule, CloudPolicy } from '../document/policy.model.js';
import { Aliases } from './aliases.js';
import { membershipSql } from './membership-sql.js';
import { literal } from './sql-text.js';

export const attachmentTable = 'crm.attachment';
/** What the server may wrap keys of; see replication.selected_blobs. */
export const selectedBlobView = 'selected_blob';

export function hasAttachmentRules(policy: CloudPolicy): boolean {
  return [...policy.types.values()].some((type) => type.attachments !== null);
}

/** Conditions under which the file `alias` goes: one of the rules takes it, and its record is selected. */
export function attachmentMembershipSql(policy: CloudPolicy, alias: string, aliases: Aliases): string {
  const rules = [...policy.types.values()].flatMap((type) => {
    if (!type.attachments) return [];
    const record = aliases.next();
    const conditions = [
      `${alias}.record_type = ${literal(type.meta.name)}`,
      ...ruleSql(type.attachments, alias),
      `EXISTS (SELECT 1 FROM ${type.meta.table} ${record} WHERE ${record}.id = ${alias}.record_id ` +
        `AND ${membershipSql(policy, type.meta.name, record, aliases)})`,
    ];
    return [`(${conditions.join(' AND ')})`];
  });
  return `${alias}.deleted_at IS NULL AND (${rules.join(' OR ') || 'FALSE'})`;
}

function ruleSql({ maxBytes, mediaTypes, labels }: AttachmentRule, alias: string): string[] {
  const conditions: string[] = [];
  if (maxBytes !== null) conditions.push(`${alias}.bytes <= ${String(maxBytes)}`);
  if (mediaTypes) {
    const written = `lower(${alias}.media_type)`;
    const exact = mediaTypes.filter((name) => !name.endsWith('/*')).map(literal);
    // Up to the slash and no pattern: the names before it hold no character that LIKE reads.
    const families = mediaTypes
      .filter((name) => name.endsWith('/*'))
      .map((name) => literal(name.slice(0, -2)));
    const either = [
      ...(exact.length > 0 ? [`${written} IN (${exact.join(', ')})`] : []),
      ...(families.length > 0 ? [`split_part(${written}, '/', 1) IN (${families.join(', ')})`] : []),
    ];
    conditions.push(`(${either.join(' OR ')})`);
  }
  if (labels) conditions.push(`${alias}.label IN (${labels.map(literal).join(', ')})`);
  return conditions;
}

/** Without the file's id at home: with it a reader could tell which files of selected records are the same. */
const columns = [
  ...['id', 'created_at', 'created_by', 'updated_at', 'updated_by', 'owner_id', 'version'],
  ...['record_type', 'record_id', 'name', 'media_type', 'bytes', 'label'],
].map((column) => `t.${column}`);

/** A row never waits for its file: it is `pending` until the connector has put the file into the bucket. */
export function attachmentViewSql(policy: CloudPolicy): string {
  return [
    `SELECT ${columns.join(', ')}, o.object_name, o.object_bytes, o.object_sha256,`,
    `CASE WHEN o.blob_id IS NULL THEN 'pending' ELSE 'available' END AS object_state`,
    `FROM ${attachmentTable} t`,
    `LEFT JOIN replication.blob_object o ON o.blob_id = t.blob_id AND o.state = 'available'`,
    `WHERE ${attachmentMembershipSql(policy, 't', new Aliases())}`,
  ].join('\n');
}

export function selectedBlobSql(policy: CloudPolicy): string {
  return [
    `CREATE VIEW cloud.${selectedBlobView} WITH (security_barrier) AS`,
    `SELECT t.blob_id FROM ${attachmentTable} t`,
    `WHERE t.blob_id IS NOT NULL AND ${attachmentMembershipSql(policy, 't', new Aliases())}`,
  ].join('\n');
}
