import { Conflict } from '../../platform/errors/index.js';

export class NothingHeld extends Conflict {
  constructor() {
    super('brake_not_held', {
      detail:
        'The brake holds nothing now: what it held has gone out or was undone, or a new policy came into force. There is nothing to confirm.',
    });
  }
}

/** What is held is no longer what the person looked at. */
export class BrakeMoved extends Conflict {
  constructor(cause: string, held: Readonly<Record<string, number>>) {
    const counts = Object.entries(held).map(([type, count]) => `${type} ${String(count)}`);
    super('brake_moved', {
      detail: `${cause} Nothing was let out. Look at what is held now (${counts.join(', ')}) and confirm that.`,
      extensions: { deletes: held },
    });
  }
}
