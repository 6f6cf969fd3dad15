import type { TextRow } from '../sql/record-database.js';
import type { TypeView } from '../view/type-view.js';
import { rankedFields } from './candidate-sql.js';
import { rankOf, type CandidateText } from './ranking.js';
import type { SearchTerms } from './search-terms.js';

export interface Candidate {
  readonly view: TypeView;
  readonly id: string;
  readonly rank: number;
  readonly title: string;
}

/** What the steps of one search found, each record once, with the best rank that it had. */
export class Candidates {
  private readonly found = new Map<string, Candidate>();

  constructor(private readonly terms: SearchTerms) {}

  get size(): number {
    return this.found.size;
  }

  /** @param floor the rank of what was found where the ranked texts do not show why, as in a note */
  add(rows: readonly TextRow[], views: readonly TypeView[], floor: number): void {
    const byName = new Map(views.map((view) => [view.type.name, view]));
    for (const [type, id, texts] of rows) {
      const view = byName.get(type ?? '');
      if (!view || !id || this.found.has(`${view.type.name}:${id}`)) continue;
      const values = JSON.parse(texts ?? '[]') as (string | null)[];
      this.found.set(`${view.type.name}:${id}`, this.candidate(view, id, values, floor));
    }
  }

  /** best first; what ranks alike by title, so that the same search gives the same list */
  best(limit: number): Candidate[] {
    return [...this.found.values()]
      .sort((a, b) => b.rank - a.rank || (a.title < b.title ? -1 : 1) || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  private candidate(
    view: TypeView,
    id: string,
    values: readonly (string | null)[],
    floor: number,
  ): Candidate {
    const texts: CandidateText[] = [];
    for (const [index, field] of rankedFields(view).entries()) {
      const text = values[index];
      if (text) texts.push({ field, text });
    }
    const title = view.type.title
      .flatMap((name) => texts.find(({ field }) => field.name === name)?.text ?? [])
      .join(' ');
    return { view, id, title, rank: Math.max(floor, rankOf(this.terms, title, texts)) };
  }
}
