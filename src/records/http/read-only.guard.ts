import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ReadOnlyReplica } from '../../platform/errors/index.js';
import { READ_ONLY } from '../ports/access-policy.js';

/** On a replica every write is answered 405, before anything else looks at it. */
@Injectable()
export class ReadOnlyGuard implements CanActivate {
  constructor(@Inject(READ_ONLY) private readonly isReadOnly: boolean) {}

  canActivate(host: ExecutionContext): boolean {
    const { method } = host.switchToHttp().getRequest<FastifyRequest>();
    if (this.isReadOnly && method !== 'GET' && method !== 'HEAD') throw new ReadOnlyReplica();
    return true;
  }
}
