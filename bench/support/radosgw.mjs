// Ceph's S3 gateway, the same way the tests start it.
import '../../test/support/typescript-loader.mjs';
import { S3Client } from '@aws-sdk/client-s3';
import { mkdir } from 'node:fs/promises';

const user = { name: 'bench', accessKeyId: 'benchbenchbench', secretAccessKey: 'benchbenchbenchbenchbench' };

/** @param folder for its data; removed with whatever it stands in */
export async function withRadosgw(folder, work) {
  const { cephFolder, startCeph, stopRadosgw } = await import('../../test/support/radosgw/ceph-processes.ts');
  const place = cephFolder(folder);
  await mkdir(place, { recursive: true });
  try {
    const port = await startCeph(place, [user]);
    const endpoint = `http://127.0.0.1:${port}`;
    const { accessKeyId, secretAccessKey } = user;
    const client = new S3Client({
      endpoint,
      region: 'default',
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    return await work({ client, endpoint, accessKeyId, secretAccessKey });
  } finally {
    stopRadosgw(folder);
  }
}
