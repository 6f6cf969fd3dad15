import { FormatError, LIMITS, parseRootKey, rootKey, rootPrefix, TrustChain } from '../format/index.js';
import type { Findings } from './findings.js';
import type { ObjectReader } from './object-reader.js';
import { CannotVerify } from './verify.errors.js';

/**
 * Every root in the bucket against the pinned one: newer ones are believed because the one before signed them, older
 * ones because their keys signed the one after. So a manifest made under an older root can be judged too.
 */
export async function checkRoots(reader: ObjectReader, findings: Findings, pin: Buffer): Promise<TrustChain> {
  const { current } = believePin(pin);
  const stored = await readRoots(reader, findings);
  const copy = stored.get(current.version);
  if (copy !== undefined && !copy.equals(pin))
    findings.add('error', 'format.digest_mismatch', rootKey(current.version), 'not the root that was pinned');
  stored.set(current.version, pin);
  const chain = followBack(stored, current.version, findings);
  for (let version = current.version + 1; ; version += 1) {
    const bytes = stored.get(version);
    if (bytes === undefined || !accepted(() => chain.extend(bytes), rootKey(version), findings)) break;
  }
  if (copy === undefined) reportMissing(current.version, findings);
  reportUnreached(stored, chain, findings);
  return chain;
}

function believePin(pin: Buffer): TrustChain {
  try {
    return TrustChain.pin(pin);
  } catch (error) {
    throw new CannotVerify('verify.wrong_root', 'the root that was given is not a valid root of trust', {
      cause: error,
    });
  }
}

async function readRoots(reader: ObjectReader, findings: Findings): Promise<Map<number, Buffer>> {
  const stored = new Map<number, Buffer>();
  for await (const { key } of reader.list(rootPrefix)) {
    const version = parseRootKey(key);
    if (version === null) continue;
    try {
      stored.set(version, await reader.whole(key, LIMITS.maxSmallObjectBytes));
    } catch (error) {
      findings.refuse(key, error);
    }
  }
  return stored;
}

/** From the pin down as far as each root's keys signed the next one. */
function followBack(stored: Map<number, Buffer>, pinned: number, findings: Findings): TrustChain {
  let first = pinned;
  for (;;) {
    const [bytes, next] = [stored.get(first - 1), stored.get(first)];
    if (bytes === undefined || next === undefined) break;
    if (!accepted(() => TrustChain.pin(bytes).extend(next), rootKey(first - 1), findings)) break;
    first -= 1;
  }
  const [begin = Buffer.alloc(0), ...rest] = Array.from(
    { length: pinned - first + 1 },
    (_, index) => stored.get(first + index) ?? Buffer.alloc(0),
  );
  const chain = TrustChain.pin(begin);
  for (const bytes of rest) chain.extend(bytes);
  return chain;
}

function accepted(work: () => unknown, key: string, findings: Findings): boolean {
  try {
    work();
    return true;
  } catch (error) {
    findings.refuse(key, error);
    return false;
  }
}

function reportUnreached(stored: Map<number, Buffer>, chain: TrustChain, findings: Findings): void {
  const versions = [...stored.keys()].sort((a, b) => a - b);
  const highest = versions.at(-1) ?? 0;
  const refused = new Set(findings.kept.map(({ key }) => key));
  for (let version = 1; version <= highest; version += 1) {
    const isThere = stored.has(version);
    if (!isThere && !refused.has(rootKey(version))) reportMissing(version, findings);
    if (!isThere || refused.has(rootKey(version)) || isKnown(chain, version)) continue;
    findings.add(
      'error',
      'format.chain_broken',
      rootKey(version),
      'no unbroken row of roots leads from the pinned one to this one',
    );
  }
}

function reportMissing(version: number, findings: Findings): void {
  findings.add('warning', 'verify.missing', rootKey(version), 'this version of the root is not there');
}

function isKnown(chain: TrustChain, version: number): boolean {
  try {
    chain.root(version);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
