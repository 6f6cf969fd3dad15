import type { ProgressView } from '../replication/verify/index.js';

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 5_000;

/** How far it is, on standard error: one line that is written over on a terminal, a line now and then elsewhere. */
export class ProgressLine {
  private shownAt = Date.now();
  private hasLine = false;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly isQuiet: boolean,
  ) {}

  show(view: ProgressView): void {
    const now = Date.now();
    if (this.isQuiet || now - this.shownAt < (this.output.isTTY ? ON_TERMINAL_MS : ELSEWHERE_MS)) return;
    this.shownAt = now;
    this.hasLine = this.output.isTTY;
    this.output.write(this.output.isTTY ? `\r\u001b[K${textOf(view)}` : `${textOf(view)}\n`);
  }

  end(): void {
    if (this.hasLine) this.output.write('\r\u001b[K');
  }
}

function textOf({ objects, totalObjects, bytes, totalBytes, seconds }: ProgressView): string {
  const mb = (value: number) => (value / 1e6).toFixed(1);
  const speed = seconds > 0 ? mb(bytes / seconds) : '0';
  return `${objects} of ${totalObjects} objects, ${mb(bytes)} of ${mb(totalBytes)} MB, ${speed} MB/s`;
}
