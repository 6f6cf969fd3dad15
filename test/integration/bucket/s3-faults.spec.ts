// Each S3 error that AWS documents for these calls, and what the network adds, put between us and a real server.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import { metrics } from '../../../src/platform/metrics/index.js';
import {
  breakAnswer,
  breakRequest,
  FaultProxy,
  garbage,
  ignoreConditions,
  loseAnswer,
  s3Error,
  slowFirstByte,
  TcpLink,
} from '../../support/fault-proxy/index.js';
import { makeS3Bucket, s3Options, sharedRadosgw, type Radosgw } from '../../support/radosgw/index.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { keysOf, randomBody, readAll } from './bucket-kinds.js';

const SILENCE_MS = 1_500;

let gateway: Radosgw;
let proxy: FaultProxy;
let bucket: Bucket;
beforeAll(async () => {
  gateway = await sharedRadosgw();
  proxy = await FaultProxy.to(gateway.port);
  // a server's first write takes longer than these tests wait
  const warm = openBucket(`s3://${await makeS3Bucket(gateway)}`, s3Options(gateway));
  await warm.put('a', Buffer.from('x'));
  await warm.close();
});
beforeEach(async () => {
  proxy.clear();
  const options = { endpoint: proxy.endpoint, requestTimeoutMs: SILENCE_MS };
  bucket = openBucket(`s3://${await makeS3Bucket(gateway)}`, s3Options(gateway, gateway.owner, options));
});
afterEach(() => bucket.close());
afterAll(() => proxy.close());

describe('what passes when it is tried again', () => {
  it.each([
    [503, 'SlowDown'],
    [503, 'ServiceUnavailable'],
    [500, 'InternalError'],
    [409, 'ConditionalRequestConflict'],
    [409, 'OperationAborted'],
    [400, 'RequestTimeout'],
    [400, 'BadDigest'],
    [429, 'TooManyRequests'],
  ])(
    '%i %s: every call comes through after two of them',
    async (status, code) => {
      const twice = () => {
        proxy.put(s3Error(status, code), {}, 2);
      };
      twice();
      expect(await bucket.put('a', Buffer.from('x'), { ifNoneMatch: true })).toEqual({ created: true });
      twice();
      expect((await bucket.get('a')).toString()).toBe('x');
      twice();
      expect(await keysOf(bucket, '')).toEqual(['a']);
      twice();
      expect(await bucket.head('a')).toMatchObject({ size: 1 });
      twice();
      await bucket.remove(['a']);
      twice();
      const uploadId = await bucket.createMultipart('b');
      twice();
      const part = { partNumber: 1, ...(await bucket.uploadPart('b', uploadId, 1, Buffer.from('part'))) };
      twice();
      await bucket.completeMultipart('b', uploadId, [part]);
      expect((await bucket.get('b')).toString()).toBe('part');
    },
    60_000,
  );

  it('an object that is truncated, or whose connection is reset in the middle, is fetched whole', async () => {
    const body = randomBody(3_000_000);
    await bucket.put('a', body);
    for (const how of ['end', 'reset'] as const) {
      proxy.put(breakAnswer(1_000_000, how), { method: 'GET' }, 2);
      expect((await bucket.get('a')).equals(body)).toBe(true);
    }
    expect(proxy.count('GET')).toBe(6);
  });

  it('a file whose connection is reset in the middle of the body is sent from its beginning', async () => {
    const path = join(await makeTempFolder('put'), 'file');
    const body = randomBody(4_000_000);
    await writeFile(path, body);
    proxy.put(breakRequest(1_000_000), { method: 'PUT' }, 2);
    expect(await bucket.putFile('a', path)).toEqual({ created: true });
    expect((await bucket.get('a')).equals(body)).toBe(true);
  });

  it('garbage in place of an answer is no listing, no delete, no part', async () => {
    await bucket.put('a', Buffer.from('x'));
    proxy.put(garbage, {}, 1);
    expect(await keysOf(bucket, '')).toEqual(['a']);
    proxy.put(garbage, {}, 1);
    const uploadId = await bucket.createMultipart('b');
    proxy.put(garbage, {}, 1);
    expect(await bucket.listParts('b', uploadId)).toEqual([]);
    proxy.put(garbage, { method: 'POST' }, 1);
    await bucket.remove(['a']);
    expect(await keysOf(bucket, '')).toEqual([]);
  });

  it('a first byte that comes late is waited for; one that never comes is asked for again', async () => {
    await bucket.put('a', Buffer.from('x'));
    proxy.put(slowFirstByte(SILENCE_MS / 2), { method: 'GET' }, 1);
    expect((await bucket.get('a')).toString()).toBe('x');
    expect(proxy.count('GET')).toBe(1);
    proxy.put(slowFirstByte(SILENCE_MS * 3), { method: 'GET' }, 1);
    expect((await bucket.get('a')).toString()).toBe('x');
    expect(proxy.count('GET')).toBe(3);
  }, 30_000);

  it('a listing that breaks off between two pages goes on', async () => {
    proxy.put(breakAnswer(20, 'reset'), { method: 'GET', path: /list-type=2/ }, 1);
    await bucket.put('a', Buffer.from('x'));
    expect(await keysOf(bucket, '')).toEqual(['a']);
  });
});

describe('what cannot be taken for done', () => {
  it('a stream that is cut ends in an error, never early', async () => {
    const body = randomBody(3_000_000);
    await bucket.put('a', body);
    for (const how of ['end', 'reset'] as const) {
      proxy.put(breakAnswer(1_000_000, how), { method: 'GET' }, 1);
      const stream = await bucket.stream('a');
      await expect(readAll(stream)).rejects.toMatchObject({ code: 'bucket.unavailable' });
    }
    // what was read so far tells where to go on
    const rest = await readAll(await bucket.stream('a', { start: 1_000_000 }));
    expect(hash(Buffer.concat([body.subarray(0, 1_000_000), rest]))).toBe(hash(body));
  });

  it('the lost answer to a conditional write: the second try meets the first', async () => {
    proxy.put(loseAnswer, { method: 'PUT' }, 1);
    expect(await bucket.put('a', Buffer.from('mine'), { ifNoneMatch: true })).toEqual({ created: false });
    expect((await bucket.get('a')).toString()).toBe('mine');
  });

  it('a write that is allowed one attempt is sent once, whatever is answered', async () => {
    for (const fault of [loseAnswer, s3Error(503, 'SlowDown'), breakRequest(1)]) {
      proxy.clear();
      proxy.put(fault, { method: 'PUT' }, 1);
      await expect(
        bucket.put('m/1', Buffer.from('x'), { ifNoneMatch: true, attempts: 1 }),
      ).rejects.toMatchObject({ code: 'bucket.unavailable' });
      expect(proxy.count('PUT')).toBe(1);
    }
  });

  it('the lost answer to a completed upload: the upload is gone and the object is there', async () => {
    const uploadId = await bucket.createMultipart('b');
    const part = { partNumber: 1, ...(await bucket.uploadPart('b', uploadId, 1, Buffer.from('part'))) };
    proxy.put(loseAnswer, { method: 'POST' }, 1);
    await bucket.completeMultipart('b', uploadId, [part]).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'bucket.upload_not_found' });
    });
    expect(await bucket.head('b')).toMatchObject({ size: 4 });
  });

  it('a server that goes on failing: the attempts end, and say what was answered', async () => {
    proxy.put(s3Error(503, 'SlowDown'));
    await expect(bucket.head('a')).rejects.toMatchObject({ code: 'bucket.unavailable' });
    proxy.clear();
    proxy.put(s3Error(503, 'SlowDown'));
    await expect(bucket.get('a')).rejects.toThrow('S3 answered 503 SlowDown');
    expect(proxy.count('GET')).toBe(4);
  }, 30_000);

  it('a gateway that drops the condition: the probe sees it', async () => {
    expect(await bucket.probe()).toEqual({ conditionalPut: true, consistentList: true });
    proxy.put(ignoreConditions(gateway.owner), { method: 'PUT' });
    expect(await bucket.probe()).toEqual({ conditionalPut: false, consistentList: true });
    expect(await keysOf(bucket, '')).toEqual([]);
  });
});

describe('what another try does not help', () => {
  it.each([
    [403, 'AccessDenied', 'access_denied'],
    [403, 'AllAccessDisabled', 'access_denied'],
    [403, 'InvalidAccessKeyId', 'credentials_refused'],
    [403, 'SignatureDoesNotMatch', 'credentials_refused'],
    [400, 'ExpiredToken', 'credentials_expired'],
    [400, 'InvalidToken', 'credentials_expired'],
    [403, 'RequestTimeTooSkewed', 'clock_skewed'],
    [404, 'NoSuchBucket', 'missing'],
    [301, 'PermanentRedirect', 'wrong_region'],
    [307, 'TemporaryRedirect', 'wrong_region'],
    [400, 'AuthorizationHeaderMalformed', 'wrong_region'],
    [501, 'NotImplemented', 'not_implemented'],
    [403, 'QuotaExceeded', 'quota'],
    [400, 'EntityTooLarge', 'too_large'],
  ])('%i %s is asked once and named bucket.%s', async (status, code, named) => {
    proxy.put(s3Error(status, code));
    const calls = [
      () => bucket.put('a', Buffer.from('x')),
      () => bucket.get('a'),
      () => keysOf(bucket, ''),
      () => bucket.remove(['a']),
      () => bucket.createMultipart('a'),
      () => bucket.uploadPart('a', 'id', 1, Buffer.from('x')),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: `bucket.${named}` });
    // a delete of many that was refused is asked for singly, since Ceph holds it against the bucket itself
    const deletesSingly = named === 'access_denied' ? 1 : 0;
    expect(proxy.seen).toHaveLength(calls.length + deletesSingly);
  });

  it('412 means that somebody has the key, and only where that was asked', async () => {
    proxy.put(s3Error(412, 'PreconditionFailed'));
    expect(await bucket.put('a', Buffer.from('x'), { ifNoneMatch: true })).toEqual({ created: false });
    await expect(bucket.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'bucket.unavailable' });
  });

  it('404 NoSuchUpload is an upload that is gone', async () => {
    proxy.put(s3Error(404, 'NoSuchUpload'));
    expect(await bucket.listParts('a', 'id')).toBeNull();
    await bucket.abortMultipart('a', 'id');
    await expect(bucket.uploadPart('a', 'id', 1, Buffer.from('x'))).rejects.toMatchObject({
      code: 'bucket.upload_not_found',
    });
  });

  it('a HEAD, which has no body to name the error in, is told by its status', async () => {
    proxy.put(s3Error(403, ''));
    await expect(bucket.head('a')).rejects.toMatchObject({ code: 'bucket.access_denied' });
  });
});

describe('a link to the bucket', () => {
  it('that is cut, silent or flapping fails calls while it lasts and no longer', async () => {
    const link = await TcpLink.to(gateway.port);
    const name = new URL(bucket.url).host;
    const far = openBucket(
      `s3://${name}`,
      s3Options(gateway, gateway.owner, {
        endpoint: `http://127.0.0.1:${link.port}`,
        requestTimeoutMs: 400,
        maxAttempts: 2,
      }),
    );
    await far.put('a', Buffer.from('x'));
    for (const state of ['cut', 'silent'] as const) {
      link.set(state);
      await expect(far.get('a')).rejects.toMatchObject({ code: 'bucket.unavailable' });
      link.set('open');
      expect((await far.get('a')).toString()).toBe('x');
    }
    const flapping = link.flap(300, 100);
    let done = 0;
    for (let round = 0; round < 60; round += 1) {
      const key = `n/${round}`;
      await far.put(key, Buffer.from(key)).then(
        () => (done += 1),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'bucket.unavailable' });
        },
      );
    }
    flapping.stop();
    expect(done).toBeGreaterThan(0);
    for await (const { key } of far.list('n/')) expect((await far.get(key)).toString()).toBe(key);
    await far.close();
    await link.close();
  }, 60_000);
});

it('counts every attempt of every call', async () => {
  metrics.resetMetrics();
  proxy.put(s3Error(503, 'SlowDown'), {}, 2);
  await bucket.put('a', Buffer.from('x'));
  await bucket.head('a');
  const shown = await metrics.metrics();
  expect(shown).toMatch(/external_call\w*_count\{call="bucket\.put",outcome="error"[^}]*\} 2\b/);
  expect(shown).toMatch(/external_call\w*_count\{call="bucket\.put",outcome="ok"[^}]*\} 1\b/);
  expect(shown).toMatch(/external_call\w*_count\{call="bucket\.head",outcome="ok"[^}]*\} 1\b/);
});

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
