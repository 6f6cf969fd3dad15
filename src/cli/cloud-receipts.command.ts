import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import {
  rootKey,
  TrustChain,
  verifyReceipt,
  FormatError,
  type Receipt,
} from '../replication/format/index.js';
import { openBucket, ObjectNotFound } from '../platform/bucket/index.js';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface ListedReceipt {
  readonly generation: number;
  readonly reason: string;
  readonly madeAt: string;
  readonly isFinal: boolean;
  readonly erasures: number;
}

export function receiptsCommand(): Command {
  return withCommonOptions(new Command('receipts'))
    .description('Receipts of what left the bucket, newest first; with --generation one of them, as signed.')
    .option('--generation <number>', 'write this receipt to standard output')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const client = await ApiClient.ofHome(common.home);
      const { generation } = command.opts<{ generation?: string }>();
      if (generation !== undefined) {
        const { envelope } = await client.get<{ envelope: string }>(
          `/cloud/receipts/${encodeURIComponent(generation)}`,
        );
        process.stdout.write(Buffer.from(envelope, 'base64'));
        return;
      }
      const page = await client.get<{ data: ListedReceipt[] }>('/cloud/receipts');
      print(
        common,
        page,
        page.data.map(
          ({ generation: number, madeAt, reason, erasures, isFinal }) =>
            `${String(number).padStart(8)}  ${madeAt}  ${reason}, ${String(erasures)} erasures, ` +
            (isFinal ? 'every replica has acknowledged' : 'not acknowledged by all'),
        ),
      );
    });
}

/** For anybody: needs no installation, only the public root and the file. */
export function verifyReceiptCommand(): Command {
  return withCommonOptions(new Command('verify-receipt'))
    .description('Checks a receipt with the public root alone and says what it shows and what it does not.')
    .argument('<file>', 'the receipt, as it lies in the bucket under receipts/')
    .requiredOption('--root <file>', 'the root of trust that you were given, root.json')
    .option('--bucket <address>', 'where later roots are, if keys have been rotated since')
    .action(async (file: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { root, bucket } = command.opts<{ root: string; bucket?: string }>();
      const trust = await chainOf(await bytesOf(root), bucket);
      const receipt = opened(await bytesOf(file), trust, file);
      print(common, { verified: true, receipt }, describe(receipt));
    });
}

async function bytesOf(path: string): Promise<Buffer> {
  return readFile(path).catch(() => {
    throw new CliError(`Cannot read ${path}.`, { exitCode: 2 });
  });
}

async function chainOf(pinned: Buffer, address: string | undefined): Promise<TrustChain> {
  const chain = TrustChain.pin(pinned, { tenant: tenantOf(pinned) });
  if (address === undefined) return chain;
  const bucket = openBucket(address, { pathStyle: false });
  try {
    for (;;) chain.extend(await bucket.get(rootKey(chain.current.version + 1)));
  } catch (error) {
    if (error instanceof ObjectNotFound) return chain;
    throw error;
  } finally {
    await bucket.close();
  }
}

/** What the root itself says: it was handed over, so it says whom it speaks for. */
function tenantOf(pinned: Buffer): string {
  try {
    const { payload } = JSON.parse(pinned.toString()) as { payload: string };
    return (JSON.parse(Buffer.from(payload, 'base64').toString()) as { tenant: string }).tenant;
  } catch {
    throw new CliError('The root is no signed root of trust.', { exitCode: 2 });
  }
}

function opened(bytes: Buffer, trust: TrustChain, file: string): Receipt {
  try {
    return verifyReceipt(bytes, trust, { tenant: trust.current.tenant });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new CliError(`${file} is not a receipt that this root vouches for: ${error.message}.`, {
      exitCode: 1,
    });
  }
}

function describe(receipt: Receipt): string[] {
  const { generation, purged, listing, replicas, erasures, notProven } = receipt;
  return [
    `The signature is good. Signed for tenant ${receipt.tenant} on ${receipt.createdAt}.`,
    `Generation ${String(generation)} (${receipt.reason}) took the place of ${purged.generations.join(', ')}.`,
    `${String(purged.objects)} objects were deleted; a listing at ${listing.at} showed ${String(listing.objectsOfOlderGenerations)} of them.`,
    ...erasures.map(({ id, requestedAt }) => `It answers erasure ${id} of ${requestedAt}.`),
    ...replicas.map(({ name, state, appliedAt, destroyed }) =>
      state === 'acknowledged'
        ? `Replica ${name} signed that it stands there since ${appliedAt ?? '?'} and has destroyed ${String(destroyed.length)} keys.`
        : `Replica ${name} has not acknowledged it.`,
    ),
    'What it does not show:',
    ...notProven.map(
      (code) =>
        `  ${MEANING[code.split(':')[0] ?? ''] ?? code}${code.includes(':') ? ` (${code.split(':')[1] ?? ''})` : ''}`,
    ),
  ];
}

const MEANING: Record<string, string> = {
  'copies-made-by-others': 'that nobody copied the objects before they were deleted',
  'backups-of-replicas': 'that no backup of a replica holds the rows or its old keys',
  'old-versions-in-bucket': 'that the bucket keeps no old versions of what was deleted',
  unacknowledged: 'that this replica no longer holds the rows',
  'key-kept': 'that a copy of the objects cannot be opened with the key which this replica still has',
};
