import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';
import { refuseCircles } from '../hierarchy/index.js';

/** Any number that no other advisory lock of ours uses. */
const treeLock = 4_839_205_102;

/** Accounts form a tree. */
@Injectable()
export class AccountBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'account';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    return refuseCircles(tx, changes, treeLock);
  }
}
