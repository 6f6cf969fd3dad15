/** How far a look at the bucket has come. */
export interface ProgressView {
  objects: number;
  /** as the listing said at the beginning; a bucket in use grows meanwhile */
  totalObjects: number;
  bytes: number;
  totalBytes: number;
  seconds: number;
}

export class Progress {
  objects = 0;
  bytes = 0;
  totalObjects = 0;
  totalBytes = 0;
  private readonly startedAt = performance.now();

  constructor(private readonly report: (view: ProgressView) => void = () => undefined) {}

  read(bytes: number): void {
    this.bytes += bytes;
    this.report(this.view);
  }

  get view(): ProgressView {
    const { objects, totalObjects, bytes, totalBytes } = this;
    return { objects, totalObjects, bytes, totalBytes, seconds: (performance.now() - this.startedAt) / 1000 };
  }
}
