import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

const links = ['campaignId', 'leadId', 'contactId'] as const;
/** Statuses that say that somebody answered. */
const answers: ReadonlySet<unknown> = new Set(['responded', 'attended', 'declined']);

export function isAnswer(status: unknown): boolean {
  return answers.has(status);
}

/** A member is one person in one campaign, for good: another person is another member. */
@Injectable()
export class CampaignMemberBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'campaignMember';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  beforeWrite(_ctx: RequestContext, _tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) checkMember(change);
    return Promise.resolve();
  }
}

function checkMember({ before, after, given, refuse }: RecordChange): void {
  if (before) {
    for (const name of links)
      if ((before[name] ?? null) !== (after[name] ?? null))
        refuse(name, 'cannot change: remove this member and add another');
  } else if (Boolean(after['leadId']) === Boolean(after['contactId']))
    refuse('leadId', 'must be given, or contactId instead: a member is either a lead or a contact');
  const isAnswered = isAnswer(after['status']) && !isAnswer(before?.['status']);
  if (isAnswered && !given.has('respondedAt') && !after['respondedAt'])
    after['respondedAt'] = new Date().toISOString();
}
