import type { ObjectInfo } from '../../platform/bucket/index.js';
import { parsePartKey, partPrefix } from '../format/index.js';
import type { Look } from './look.js';

/** The objects under `d/` of one generation, place by place, read along with its manifests: only one place is held. */
export class PartCursor {
  private readonly objects: AsyncIterator<ObjectInfo>;
  private next: { n: number; info: ObjectInfo } | null = null;
  private isOver = false;

  constructor(look: Look, generation: number) {
    this.objects = look.reader.list(partPrefix(generation))[Symbol.asyncIterator]();
  }

  /** Objects of place `n` by key. What lies at places before it, which nobody asked for, goes to `skipped`. */
  async take(n: number, skipped: (info: ObjectInfo) => Promise<void>): Promise<Map<string, ObjectInfo>> {
    const found = new Map<string, ObjectInfo>();
    for (let object = await this.peek(); object !== null && object.n <= n; object = await this.peek()) {
      this.next = null;
      if (object.n === n) found.set(object.info.key, object.info);
      else await skipped(object.info);
    }
    return found;
  }

  /** Everything that is left. */
  async rest(each: (info: ObjectInfo) => Promise<void>): Promise<void> {
    for (let object = await this.peek(); object !== null; object = await this.peek()) {
      this.next = null;
      await each(object.info);
    }
  }

  private async peek(): Promise<{ n: number; info: ObjectInfo } | null> {
    while (this.next === null && !this.isOver) {
      const result = await this.objects.next();
      if (result.done === true) this.isOver = true;
      else {
        const place = parsePartKey(result.value.key);
        if (place !== null) this.next = { n: place.n, info: result.value };
      }
    }
    return this.next;
  }
}
