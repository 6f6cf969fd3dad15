import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  recordTypes,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';
import { TagStore } from './tag.store.js';

/**
 * Spells tags as the registry does, and enters those that are new: whoever may write a record may coin a tag. Only
 * what the caller gave is looked at, so a record with an old tag is written as ever.
 */
@Injectable()
export class TagBehaviour implements OnModuleInit {
  constructor(
    private readonly behaviours: RecordBehaviours,
    private readonly store: TagStore,
  ) {}

  onModuleInit(): void {
    for (const { name, fields } of recordTypes())
      if (fields.some(({ kind }) => kind === 'tags'))
        this.behaviours.register({ type: name, beforeWrite: (...change) => this.beforeWrite(...change) });
  }

  private async beforeWrite(
    ctx: RequestContext,
    tx: QueryRunner,
    changes: readonly RecordChange[],
  ): Promise<void> {
    const tagged = changes.filter(({ given, after }) => given.has('tags') && tagsOf(after).length > 0);
    if (tagged.length === 0) return;
    const names = new Set(tagged.flatMap(({ after }) => tagsOf(after)));
    const spelling = await this.spell(ctx, tx, [...names]);
    for (const { after } of tagged) {
      const spelled = tagsOf(after).flatMap((name) => spelling.get(name.toLowerCase()) ?? []);
      after['tags'] = [...new Set(spelled)];
    }
  }

  /** by small letters: the name in the registry; none where the tag is being removed */
  private async spell(
    ctx: RequestContext,
    tx: QueryRunner,
    names: readonly string[],
  ): Promise<Map<string, string>> {
    const known = new Map((await this.store.named(tx, names)).map(({ name }) => [name.toLowerCase(), name]));
    const unknown = names.filter((name) => !known.has(name.toLowerCase()));
    if (unknown.length === 0) return known;
    const moved = await this.store.unfinished(tx);
    const fresh: string[] = [];
    for (const name of unknown) {
      const now = moved.reduce<string | null>((at, { from, to }) => (same(at, from) ? to : at), name);
      if (now === name) fresh.push(name);
      else if (now !== null) known.set(name.toLowerCase(), now);
    }
    if (fresh.length === 0) return known;
    await this.store.add(tx, ctx.principal.userId, fresh);
    // read back: somebody else may have added one of them meanwhile, in other capitals
    for (const { name } of await this.store.named(tx, fresh)) known.set(name.toLowerCase(), name);
    return known;
  }
}

const same = (a: string | null, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

function tagsOf(record: Readonly<Record<string, unknown>>): string[] {
  return (record['tags'] ?? []) as string[];
}
