import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' | 'major' }) => void;

const EVERY_BYTES = 8 * 1024 * 1024;
/** looks at the young between two at everything */
const THOROUGH_EVERY = 12;
let collect: Collect | null = null;

/**
 * For streams of buffers that live for a moment. V8 lets 64 MB of them pile up outside its heap before it looks, so a
 * large file would raise a process by that much although a few chunks are in use. This asks for a look at the young
 * ones, about a millisecond, after every few megabytes.
 */
export class MemoryTide {
  private bytes = 0;
  private looks = 0;

  /**
   * @param isThorough every so often everything is looked at. A buffer that was in use at two looks counts as old to V8,
   * which lets those pile up too. It takes some 50 milliseconds, so not in a process that answers people.
   */
  constructor(private readonly isThorough = false) {}

  /** @param bytes short-lived memory that was just used */
  pass(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < EVERY_BYTES) return;
    this.bytes = 0;
    collect ??= exposeCollector();
    this.looks += 1;
    collect({ type: this.isThorough && this.looks % THOROUGH_EVERY === 0 ? 'major' : 'minor' });
  }
}

function exposeCollector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
