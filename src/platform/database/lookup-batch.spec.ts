import { describe, expect, it } from '@jest/globals';
import { LookupBatch } from './lookup-batch.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function counting() {
  const asked: string[][] = [];
  const batch = new LookupBatch<string>((keys) => {
    asked.push(keys);
    return Promise.resolve(new Map(keys.filter((key) => key !== 'gone').map((key) => [key, `row ${key}`])));
  });
  return { asked, batch };
}

describe('looking up what one turn asks for', () => {
  it('asks once for each key, and answers everybody', async () => {
    const { asked, batch } = counting();
    const answers = await Promise.all(['a', 'b', 'a', 'gone'].map((key) => batch.find(key)));
    expect(answers).toEqual(['row a', 'row b', 'row a', undefined]);
    expect(asked).toEqual([['a', 'b', 'gone']]);
  });

  it('asks again in the next turn, even while the first answer is under way', async () => {
    const { asked, batch } = counting();
    const first = batch.find('a');
    await nextTurn();
    await Promise.all([first, batch.find('a')]);
    expect(asked).toEqual([['a'], ['a']]);
  });

  it('tells everybody of a failure, and goes on', async () => {
    let isBroken = true;
    const batch = new LookupBatch<string>(() =>
      isBroken ? Promise.reject(new Error('away')) : Promise.resolve(new Map([['a', 'row']])),
    );
    const results = await Promise.allSettled([batch.find('a'), batch.find('b')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isBroken = false;
    await expect(batch.find('a')).resolves.toBe('row');
  });

  it('splits what one statement should not carry', async () => {
    const { asked, batch } = counting();
    await Promise.all(Array.from({ length: 450 }, (_, index) => batch.find(String(index))));
    expect(asked.map((keys) => keys.length)).toEqual([200, 200, 50]);
  });
});
