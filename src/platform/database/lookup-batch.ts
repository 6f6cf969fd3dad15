interface Waiting<R> {
  readonly answer: Promise<R | undefined>;
  readonly resolve: (row: R | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Keys per statement; a turn of the event loop rarely brings more. */
const maxKeys = 200;

/**
 * Looks up in one statement what all requests of one turn of the event loop ask for: a page asks for half a dozen
 * things at once with one cookie, and a busy script keeps many connections. The statement goes out after the last of
 * them came in, so a right that was taken away before a request holds for it: nothing is remembered between turns.
 */
export class LookupBatch<R> {
  private waiting = new Map<string, Waiting<R>>();

  /** @param load answers the rows found, by key */
  constructor(private readonly load: (keys: string[]) => Promise<ReadonlyMap<string, R>>) {}

  find(key: string): Promise<R | undefined> {
    const known = this.waiting.get(key);
    if (known) return known.answer;
    if (this.waiting.size === 0) setImmediate(() => void this.flush());
    let resolve!: Waiting<R>['resolve'];
    let reject!: Waiting<R>['reject'];
    const answer = new Promise<R | undefined>((...both) => ([resolve, reject] = both));
    this.waiting.set(key, { answer, resolve, reject });
    return answer;
  }

  private async flush(): Promise<void> {
    const all = [...this.waiting];
    this.waiting = new Map();
    const groups = Array.from({ length: Math.ceil(all.length / maxKeys) }, (_, index) =>
      all.slice(index * maxKeys, (index + 1) * maxKeys),
    );
    await Promise.all(groups.map((group) => this.answer(group)));
  }

  private async answer(group: [string, Waiting<R>][]): Promise<void> {
    try {
      const rows = await this.load(group.map(([key]) => key));
      for (const [key, { resolve }] of group) resolve(rows.get(key));
    } catch (error) {
      for (const [, { reject }] of group) reject(error);
    }
  }
}
