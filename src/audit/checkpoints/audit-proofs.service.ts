import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { Conflict, NotFound } from '../../platform/errors/index.js';
import { AuditTreeBroken } from '../audit.errors.js';
import { leafSql, leafText, type LeafRow } from '../tree/leaf-text.js';
import { leafHash } from '../tree/merkle.js';
import { consistencyRanges, inclusionRanges, type LeafRange } from '../tree/ranges.js';
import { hashesOfRanges } from '../tree/tree.store.js';
import { checkpointOf, latestCheckpoint, type StoredCheckpoint } from './checkpoint.store.js';

/** That an entry is in the audit that a checkpoint was signed of. Complete: whoever has the public key can check it. */
export interface InclusionProof {
  readonly format: 'holdfast-audit-inclusion/1';
  /** the text that is hashed */
  readonly leaf: string;
  /** place of the entry, from 0 */
  readonly index: number;
  /** base64, in the order of RFC 6962 section 2.1.1 */
  readonly hashes: readonly string[];
  /** signed note */
  readonly checkpoint: string;
}

/** That the audit of the second checkpoint begins with that of the first: nothing before it was changed or removed. */
export interface ConsistencyProof {
  readonly format: 'holdfast-audit-consistency/1';
  /** signed note */
  readonly first: string;
  /** signed note */
  readonly second: string;
  /** base64, in the order of RFC 6962 section 2.1.2 */
  readonly hashes: readonly string[];
}

/** Hands out what others need to check the audit by themselves. */
@Injectable()
export class AuditProofs {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws NotFound where nothing was sealed yet */
  async checkpoint(): Promise<StoredCheckpoint> {
    const checkpoint = await latestCheckpoint(this.dataSource);
    if (!checkpoint)
      throw new NotFound({ detail: 'There is no checkpoint yet; the first one comes within a minute.' });
    return checkpoint;
  }

  /** @throws NotFound, Conflict where the entry has no place in the tree yet */
  async inclusion(entry: string): Promise<InclusionProof> {
    const [place] = await query<{ leaf_index: string; at: Date; hash: Buffer }>(
      this.dataSource,
      'SELECT leaf_index, at, hash FROM audit.tree_leaf WHERE leaf_id = $1',
      [entry],
    );
    if (!place) throw await this.whyNoPlace(entry);
    const [row] = await query<LeafRow>(this.dataSource, leafSql('$1::timestamptz', '$2::uuid'), [
      place.at,
      entry,
    ]);
    const leaf = row ? leafText(row) : '';
    if (!leafHash(Buffer.from(leaf)).equals(place.hash))
      throw new AuditTreeBroken(`entry ${entry} is not what was sealed`);
    const checkpoint = await this.checkpoint();
    const index = Number(place.leaf_index);
    const hashes = await this.hashes(inclusionRanges(index, checkpoint.size));
    return { format: 'holdfast-audit-inclusion/1', leaf, index, hashes, checkpoint: checkpoint.note };
  }

  /** @throws NotFound where there is no checkpoint of one of these sizes */
  async consistency(from: number, to: number): Promise<ConsistencyProof> {
    const [first, second] = [await this.checkpointOf('from', from), await this.checkpointOf('to', to)];
    const hashes = await this.hashes(consistencyRanges(first.size, second.size));
    return { format: 'holdfast-audit-consistency/1', first: first.note, second: second.note, hashes };
  }

  private async checkpointOf(name: string, size: number): Promise<StoredCheckpoint> {
    const checkpoint = await checkpointOf(this.dataSource, size);
    if (!checkpoint)
      throw new NotFound({
        detail: `${name}: there is no checkpoint of ${size} entries. Give the sizes of two checkpoints.`,
      });
    return checkpoint;
  }

  private async hashes(ranges: readonly LeafRange[]): Promise<string[]> {
    return (await hashesOfRanges(this.dataSource, ranges)).map((hash) => hash.toString('base64'));
  }

  private async whyNoPlace(entry: string): Promise<Error> {
    const rows = await query(this.dataSource, 'SELECT 1 FROM audit.tree_queue WHERE leaf_id = $1', [entry]);
    return rows.length > 0
      ? new Conflict('audit_not_sealed_yet', {
          detail: 'The entry is not sealed yet. Ask again in a minute.',
        })
      : new NotFound({ detail: `There is no audit entry ${entry}.` });
  }
}
