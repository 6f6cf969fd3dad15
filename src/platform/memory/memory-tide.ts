import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

const EVERY_BYTES = 8 * 1024 * 1024;
let collect: Collect | null = null;

/**
 * For streams of buffers that live for a moment. V8 lets 64 MB of them pile up outside its heap before it looks, so a
 * large file would raise a process by that much although a few chunks are in use. This asks for a look at the young
 * ones, about a millisecond, after every few megabytes.
 */
export class MemoryTide {
  private bytes = 0;

  /** @param bytes short-lived memory that was just used */
  pass(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < EVERY_BYTES) return;
    this.bytes = 0;
    collect ??= exposeCollector();
    collect({ type: 'minor' });
  }
}

function exposeCollector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
