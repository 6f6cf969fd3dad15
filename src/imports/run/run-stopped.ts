/** Ends a run early: by a person's wish, because the server stops, or because nothing may be kept. */
export class RunStopped extends Error {
  constructor(readonly reason: 'cancelled' | 'shutdown' | 'rolled-back' | 'dry-run') {
    super(reason);
    this.name = 'RunStopped';
  }
}
