import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/** A case carries the day it was closed, and loses it when it is opened again. */
@Injectable()
export class CaseBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'case';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  beforeWrite(_ctx: RequestContext, _tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) dateClosing(change, new Date().toISOString().slice(0, 10));
    return Promise.resolve();
  }
}

/** @param today as `2026-03-31` */
export function dateClosing(change: RecordChange, today: string): void {
  const { before, after, given } = change;
  const isClosed = after['status'] === 'closed';
  const wasClosed = before?.['status'] === 'closed';
  if (isClosed && !wasClosed && !given.has('closedOn')) after['closedOn'] ??= today;
  if (!isClosed && wasClosed && !given.has('closedOn')) after['closedOn'] = null;
  if (!isClosed && given.has('closedOn') && after['closedOn'] !== null)
    change.refuse('closedOn', 'is for closed cases only');
  const { receivedOn, closedOn } = after;
  if (typeof receivedOn === 'string' && typeof closedOn === 'string' && closedOn < receivedOn)
    change.refuse('closedOn', 'must not lie before receivedOn');
}
