// Large files and dead servers: what a server in a process of its own costs and leaves behind.
import { once } from 'node:events';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FileUpkeep } from '../../src/files/index.js';
import { makeUser, startPrimary } from '../integration/access/whole-server.js';
import { binaryCall } from '../integration/files/file-client.js';
import { measureFileMemory } from '../integration/files/memory-run.js';
import { build, manyBytes, sendFile, startBeside } from '../integration/files/other-process.js';
import { waitFor } from '../support/index.js';

describe('a large file', () => {
  it('of 256 MB goes up and down with less than 64 MB of memory', async () => {
    const { upMb, downMb, isSame } = await measureFileMemory(256 * 1_048_576);
    expect(isSame).toBe(true);
    expect(upMb).toBeLessThan(64);
    expect(downMb).toBeLessThan(64);
  }, 300_000);
});

describe('a server killed in the middle of an upload', () => {
  it('leaves no row and no file but the half one, which the upkeep sweeps', async () => {
    build();
    const server = await startPrimary();
    const other = await startBeside(server);
    try {
      const person = await binaryCall(server, await makeUser(server, 'administrator'));
      const account = (await person.json('POST', '/accounts', { name: 'Acme' })).json as { id: string };
      const store = join(server.folder, 'files', 'store');
      const slow = async function* () {
        for (const block of manyBytes(50_000_000)) {
          yield block;
          await sleep(20);
        }
      };
      const url = `${other.url}/api/v1/accounts/${account.id}/attachments?name=half.bin`;
      const sending = sendFile(url, person.headers, slow(), 50_000_000).then(
        () => 'sent',
        () => 'broken off',
      );
      const half = await waitFor(
        async () => {
          const [name] = await readdir(join(store, 'incoming'));
          const path = join(store, 'incoming', name ?? '');
          return (await stat(path)).size > 1_000_000 ? path : null;
        },
        { what: 'a half upload', timeoutMs: 30_000 },
      );
      other.child.kill('SIGKILL');
      await once(other.child, 'exit');
      expect(await sending).toBe('broken off');

      const files = async () =>
        (await readdir(store, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      expect((await files()).map(({ name }) => join(store, 'incoming', name))).toEqual([half]);
      for (const table of ['crm.attachment', 'files.blob'])
        expect((await server.database.admin.query(`SELECT 1 FROM ${table}`)).rowCount).toBe(0);
      const upkeep = server.app.get(FileUpkeep, { strict: false });
      // another server may still be at it
      expect((await upkeep.run()).swept).toBe(0);
      const old = new Date(Date.now() - 2 * 86_400_000);
      await utimes(half, old, old);
      expect((await upkeep.run()).swept).toBe(1);
      expect(await files()).toEqual([]);
    } finally {
      other.child.kill('SIGKILL');
      await server.stop();
    }
  }, 120_000);
});
