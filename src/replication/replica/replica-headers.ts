import type { FastifyInstance } from 'fastify';
import type { ReplicaStatus } from './replica-status.js';

/** Says on every answer, errors included, which moment's state it shows. */
export function addReplicaHeaders(instance: Pick<FastifyInstance, 'addHook'>, status: ReplicaStatus): void {
  instance.addHook('onSend', (_request, reply, payload, done) => {
    const { asOf, lagMs } = status;
    if (asOf !== null)
      void reply.headers({ 'holdfast-as-of': asOf.toISOString(), 'holdfast-lag-ms': String(lagMs ?? 0) });
    done(null, payload);
  });
}
