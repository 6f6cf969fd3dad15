import type { Pool } from 'pg';
import type { Logger } from '../../platform/logging/index.js';
import type { Manifest, ReplicaKeyStore } from '../format/index.js';

interface KeySettings {
  pool: Pool;
  keys: ReplicaKeyStore;
  log: Logger;
}

/**
 * A fresh key for each generation. When the replica stands in a generation, the keys that only older ones were sealed to
 * are destroyed, so that copies of their objects which somebody kept can no longer be opened.
 */
export class RecipientKeys {
  constructor(private readonly settings: KeySettings) {}

  async afterApplying(manifest: Manifest): Promise<void> {
    const { keys, log } = this.settings;
    const own = await keys.recipients();
    const used = own.find(({ recipient }) => manifest.recipients.includes(recipient));
    if (used === undefined) return;
    for (const { fromGeneration } of own) {
      if (fromGeneration >= used.fromGeneration || (await this.isNeededForFiles())) continue;
      await keys.destroyRecipient(fromGeneration);
      log.info({ event: 'replica.key_destroyed', fromGeneration, generation: manifest.generation });
    }
  }

  /**
   * An object whose key came in a line is opened with that. One that is older has its key in the header, and what opens
   * that has to stay as long as the object does.
   */
  private async isNeededForFiles(): Promise<boolean> {
    const { rows } = await this.settings.pool.query<{ is_needed: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM crm.attachment a WHERE a.object_name IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM replication.blob_key k WHERE k.name = a.object_name)) AS is_needed`,
    );
    return rows[0]?.is_needed ?? true;
  }
}
