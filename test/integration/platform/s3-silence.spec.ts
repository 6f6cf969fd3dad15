import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';

const SILENCE_MS = 300;
let server: Server;
let bucket: Bucket;

async function serve(answer: RequestListener): Promise<void> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  bucket = openBucket('s3://somewhere', {
    endpoint: `http://127.0.0.1:${String(port)}`,
    ...{ accessKeyId: 'x', secretAccessKey: 'x', pathStyle: true, maxAttempts: 1 },
    requestTimeoutMs: SILENCE_MS,
  });
}

afterEach(async () => {
  await bucket.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('an S3 server that falls silent', () => {
  it('fails a call that it never answers', async () => {
    await serve(() => undefined);
    await expect(bucket.head('a/b')).rejects.toMatchObject({ code: 'bucket.unavailable' });
    await expect(bucket.put('a/b', Buffer.from('x'))).rejects.toMatchObject({ code: 'bucket.unavailable' });
  }, 10_000);

  it('fails an object that stops in the middle', async () => {
    await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
    });
    await expect(bucket.get('a/b')).rejects.toMatchObject({ code: 'bucket.unavailable' });
  }, 10_000);

  it('waits for one that is slow but never silent', async () => {
    await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      let sent = 0;
      const timer = setInterval(() => {
        response.write('.');
        if ((sent += 1) === 10) {
          clearInterval(timer);
          response.end();
        }
      }, SILENCE_MS / 3);
    });
    expect((await bucket.get('a/b')).toString()).toBe('..........');
  }, 10_000);
});
