import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface Place {
  readonly generation: number;
  readonly n: number;
  readonly publishedAt: string | null;
  readonly policyVersion: number | null;
}

interface RecordPublication {
  readonly isPublished: boolean;
  readonly first: Place | null;
  readonly last: Place | null;
  readonly withdrawn: Place | null;
  readonly columns: readonly string[];
  readonly treatments: readonly { readonly field: string; readonly as: string }[];
}

interface Batch {
  readonly generation: number;
  readonly n: number;
  readonly kind: string;
  readonly policyVersion: number;
  readonly publishedAt: string;
  readonly bytes: number;
  readonly objects: number;
  readonly types: readonly { readonly type: string; readonly upserts: number; readonly deletes: number }[];
}

/** When a record left, and with what. */
export function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('When a record was first and last published, and with which fields.')
    .argument('<type>', 'the type of the record, such as deal')
    .argument('<id>', 'its id')
    .action(async (type: string, id: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const client = await ApiClient.ofHome(common.home);
      const path = `/cloud/records/${encodeURIComponent(type)}/${encodeURIComponent(id)}/publication`;
      const found = await client.get<RecordPublication>(path);
      print(common, found, linesOf(type, id, found));
    });
}

function linesOf(type: string, id: string, found: RecordPublication): string[] {
  if (found.first === null || found.last === null) return [`${type} ${id} never left.`];
  return [
    `${type} ${id} ${found.isPublished ? 'is in the cloud copy' : 'is no longer in the cloud copy'}.`,
    `first published  ${spell(found.first)}`,
    `last published   ${spell(found.last)}`,
    ...(found.withdrawn === null ? [] : [`withdrawn        ${spell(found.withdrawn)}`]),
    `with the fields  ${found.columns.join(', ')}`,
    ...found.treatments.map(({ field, as }) => `  ${field}: ${as}`),
  ];
}

function spell({ generation, n, publishedAt, policyVersion }: Place): string {
  const when = publishedAt ?? 'longer ago than batches are kept';
  return `${when}, batch ${String(generation)}/${String(n)}, policy ${String(policyVersion ?? '?')}`;
}

export function logCommand(): Command {
  return withCommonOptions(new Command('log'))
    .description('Batches that left, newest first.')
    .option('--type <type>', 'only those that changed rows of this type')
    .option('--since <time>', 'published at this moment or later, such as 2026-11-01')
    .option('--until <time>', 'published before this moment')
    .option('--limit <number>', 'how many, at most 200', '50')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { type, since, until, limit } = command.opts<Record<string, string | undefined>>();
      const given = Object.entries({ type, since, until, limit }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const client = await ApiClient.ofHome(common.home);
      const page = await client.get<{ data: Batch[] }>(
        `/cloud/publications?${new URLSearchParams(given).toString()}`,
      );
      print(common, page, page.data.map(batchLine));
    });
}

function batchLine({
  generation,
  n,
  kind,
  publishedAt,
  policyVersion,
  bytes,
  objects,
  types,
}: Batch): string {
  const changed = types.map(
    ({ type, upserts, deletes }) => `${type} +${String(upserts)} -${String(deletes)}`,
  );
  return (
    `${publishedAt}  ${String(generation)}/${String(n)} ${kind}, policy ${String(policyVersion)}, ` +
    `${String(objects)} objects, ${String(bytes)} bytes: ${changed.join(', ') || 'no rows'}`
  );
}
