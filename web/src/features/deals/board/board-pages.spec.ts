import { describe, expect, it } from '@jest/globals';
import type { CrmRecord } from '../../../api/types.js';
import { dealsOf, undoPatch, withNewer, withOnTop, without, type ColumnPages } from './board-pages.js';

const deal = (id: string, more: object = {}) => ({ id, version: 1, ...more }) as unknown as CrmRecord;
const column = (): ColumnPages => ({
  pages: [
    { data: [deal('a'), deal('b')], nextCursor: 'next' },
    { data: [deal('c')], nextCursor: null },
  ],
  pageParams: [null, 'next'],
});
const ids = (pages: ColumnPages | undefined) => dealsOf(pages).map(({ id }) => id);

describe('a column of the board', () => {
  it('lets a deal go from whichever page it is on', () => {
    expect(ids(without(column(), 'c'))).toEqual(['a', 'b']);
  });

  it('takes a deal on top, and only once', () => {
    expect(ids(withOnTop(column(), deal('d')))).toEqual(['d', 'a', 'b', 'c']);
    expect(ids(withOnTop(column(), deal('c')))).toEqual(['c', 'a', 'b']);
  });

  it('keeps what was expanded when the server’s newer version comes', () => {
    const pages = withOnTop(column(), deal('d', { account: { id: '1', title: 'Acme' } }));
    const newer = dealsOf(withNewer(pages, deal('d', { version: 2 })))[0];
    expect(newer).toMatchObject({ version: 2, account: { title: 'Acme' } });
  });
});

describe('taking a move back', () => {
  it('gives back what the server changed along with the stage, and nothing else', () => {
    const before = deal('a', { stage: 'engaging', probability: 60, closeDate: null, name: 'x' });
    const after = deal('a', { stage: 'won', probability: 100, closeDate: '2026-11-22', name: 'y' });
    expect(undoPatch(before, after)).toEqual({ stage: 'engaging', probability: 60, closeDate: null });
  });
});
