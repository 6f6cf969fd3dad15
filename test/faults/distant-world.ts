import { openBucket } from '../../src/platform/bucket/index.js';
import { FaultProxy, TcpLink } from '../support/fault-proxy/index.js';
import { makeS3Bucket, s3Options, sharedRadosgw } from '../support/radosgw/index.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

export interface DistantWorld extends FaultWorld {
  /** every request to the bucket passes here, of connector and replica alike */
  proxy: FaultProxy;
  /** the wire to the proxy */
  link: TcpLink;
}

/** A world whose bucket is a real S3 server, behind a network that a test can break. */
export async function openDistantWorld(requestTimeoutMs = 1_500): Promise<DistantWorld> {
  const gateway = await sharedRadosgw();
  const proxy = await FaultProxy.to(gateway.port);
  const link = await TcpLink.to(proxy.port);
  const url = `s3://${await makeS3Bucket(gateway)}`;
  const endpoint = `http://127.0.0.1:${link.port}`;
  const options = s3Options(gateway, gateway.owner, { endpoint, requestTimeoutMs });
  // a server's first write takes longer than these tests wait
  const near = openBucket(url, s3Options(gateway));
  await near.put('probe/warm', Buffer.from('x'));
  await near.remove(['probe/warm']);
  await near.close();
  const world = await openFaultWorld({ openBucket: () => Promise.resolve(openBucket(url, options)) });
  return {
    ...world,
    ...{ proxy, link },
    end: async () => {
      await world.end();
      await link.close();
      await proxy.close();
    },
  };
}
