import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import type { RecordBehaviour, RecordChange, RecordMove } from './record-behaviour.js';

/** Where crm modules leave their behaviours; the engine runs those of a type in order of registration. */
@Injectable()
export class RecordBehaviours {
  private readonly byType = new Map<string, RecordBehaviour[]>();

  register(behaviour: RecordBehaviour): void {
    const known = this.byType.get(behaviour.type) ?? [];
    this.byType.set(behaviour.type, [...known, behaviour]);
  }

  async beforeWrite(
    ctx: RequestContext,
    tx: QueryRunner,
    type: string,
    changes: readonly RecordChange[],
  ): Promise<void> {
    for (const behaviour of this.byType.get(type) ?? []) await behaviour.beforeWrite(ctx, tx, changes);
  }

  /** whether something runs after a write of this type */
  followUp(type: string): boolean {
    return (this.byType.get(type) ?? []).some((behaviour) => behaviour.afterWrite !== undefined);
  }

  async afterWrite(
    ctx: RequestContext,
    tx: QueryRunner,
    type: string,
    changes: readonly RecordChange[],
  ): Promise<void> {
    for (const behaviour of this.byType.get(type) ?? []) await behaviour.afterWrite?.(ctx, tx, changes);
  }

  async afterMove(ctx: RequestContext, tx: QueryRunner, type: string, move: RecordMove): Promise<void> {
    for (const behaviour of this.byType.get(type) ?? []) await behaviour.afterMove?.(ctx, tx, move);
  }

  async beforeRemove(ctx: RequestContext, tx: QueryRunner, type: string, id: string): Promise<void> {
    for (const behaviour of this.byType.get(type) ?? []) await behaviour.beforeRemove?.(ctx, tx, id);
  }
}
