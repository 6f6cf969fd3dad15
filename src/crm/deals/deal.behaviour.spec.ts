import { describe, expect, it } from '@jest/globals';
import type { RecordChange, RecordData, RecordTypeMeta } from '../../records/index.js';
import { placeDeal } from './deal.behaviour.js';
import type { PipelineFacts } from './pipeline-facts.js';

const sales: PipelineFacts = {
  id: 'sales',
  name: 'Sales',
  isDefault: true,
  archived: false,
  stages: [
    { key: 'prospecting', name: 'Prospecting', status: 'open', probability: 10 },
    { key: 'won', name: 'Won', status: 'won', probability: 100 },
  ],
};
const bare: PipelineFacts = { id: 'bare', name: 'Bare', isDefault: false, archived: false, stages: [] };

function place(after: RecordData, before: RecordData | null = null, pipelines = [sales, bare]) {
  const refused: string[] = [];
  const given = new Set(Object.keys(after));
  const change: RecordChange = {
    type: {} as RecordTypeMeta,
    id: 'd',
    before,
    after: { ...before, ...after },
    given,
    refuse: (path) => void refused.push(path),
  };
  placeDeal(change, pipelines);
  return { after: change.after, refused };
}

describe('placing a deal', () => {
  it('fills what follows from the stage', () => {
    expect(place({}).after).toMatchObject({
      pipelineId: 'sales',
      stage: 'prospecting',
      status: 'open',
      probability: 10,
    });
    expect(place({ stage: 'WON', closeDate: '2017-01-01' }).after).toMatchObject({
      stage: 'won',
      status: 'won',
      closeDate: '2017-01-01',
    });
  });

  it('keeps the close date of a deal that was closed before', () => {
    const before = {
      pipelineId: 'sales',
      stage: 'won',
      status: 'won',
      probability: 100,
      closeDate: '2017-01-01',
    };
    expect(place({ name: 'x' }, before).after['closeDate']).toBe('2017-01-01');
  });

  it('refuses where there is nowhere to stand', () => {
    expect(place({}, null, []).refused).toEqual(['pipelineId']);
    expect(place({ pipelineId: 'bare' }).refused).toEqual(['stage']);
    expect(place({ stage: 'nowhere' }).refused).toEqual(['stage']);
    expect(place({ probability: 101 }).refused).toEqual(['probability']);
  });
});
