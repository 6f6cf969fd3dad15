import { createHash } from 'node:crypto';
import { makeUser, startPrimary } from '../access/whole-server.js';
import { binaryCall } from './file-client.js';
import { build, fetchFile, growthDuring, manyBytes, sendFile, startBeside } from './other-process.js';

export interface FileMemory {
  upMb: number;
  downMb: number;
  /** both ways the same bytes */
  isSame: boolean;
  upSeconds: number;
  downSeconds: number;
}

/** Sends a file of so many bytes to a server in a process of its own and fetches it again. */
export async function measureFileMemory(bytes: number): Promise<FileMemory> {
  build();
  const server = await startPrimary();
  const other = await startBeside(server);
  try {
    const person = await binaryCall(server, await makeUser(server, 'administrator'));
    const account = (await person.json('POST', '/accounts', { name: 'Acme' })).json as { id: string };
    const target = `${other.url}/api/v1/accounts/${account.id}/attachments?name=large.bin`;
    const content = (id: unknown) => `${other.url}/api/v1/attachments/${String(id)}/content`;
    // What any first request loads and compiles is not the file's.
    const first = await sendFile(target, person.headers, manyBytes(8_000_000), 8_000_000);
    await fetchFile(content(first.json['id']), person.headers);

    let id: unknown;
    const upFrom = Date.now();
    const up = await growthDuring(other, async () => {
      const sent = await sendFile(target, person.headers, manyBytes(bytes), bytes);
      if (sent.status !== 201) throw new Error(JSON.stringify(sent.json));
      id = sent.json['id'];
    });
    const downFrom = Date.now();
    let came = '';
    const down = await growthDuring(other, async () => {
      came = await fetchFile(content(id), person.headers);
    });
    const downTo = Date.now();
    const hash = createHash('sha256');
    for (const block of manyBytes(bytes)) hash.update(block);
    return {
      ...{ upMb: up / 1_048_576, downMb: down / 1_048_576, isSame: came === hash.digest('hex') },
      ...{ upSeconds: (downFrom - upFrom) / 1000, downSeconds: (downTo - downFrom) / 1000 },
    };
  } finally {
    other.child.kill('SIGKILL');
    await server.stop();
  }
}
