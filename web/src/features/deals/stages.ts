import { useGetList } from 'ra-core';
import { useCallback } from 'react';
import { useTexts } from '../../i18n/texts.js';

export interface Stage {
  id: string;
  version: number;
  key: string;
  name: string;
  status: string;
  probability: number;
  position: number;
  pipelineId: string;
}

export interface Pipeline {
  id: string;
  version: number;
  key: string;
  name: string;
  position: number;
  isDefault: boolean;
  /** takes no new deals; those it has stay */
  archived: boolean;
}

const nothing: never[] = [];
/** stages change a few times a year */
const fresh = { staleTime: 5 * 60_000 };
const whole = { pagination: { page: 1, perPage: 200 }, meta: { sort: 'position' } };

/** Every stage of every pipeline, in order. */
export function useStages(): Stage[] {
  return useGetList<Stage>('stages', whole, fresh).data ?? nothing;
}

/** Every pipeline in order; undefined while it is not known. */
export function usePipelines(): Pipeline[] | undefined {
  return useGetList<Pipeline>('pipelines', whole, fresh).data;
}

/** as the first pipeline comes with the installation */
const namesAtFirst: Record<string, string> = {
  prospecting: 'Prospecting',
  engaging: 'Engaging',
  won: 'Won',
  lost: 'Lost',
};

type Named = Pick<Stage, 'key' | 'name'>;

/** The stages that come with Holdfast have a name in every language; one that somebody renamed is called that. */
export function useStageName(): (stage: Named) => string {
  const { find } = useTexts();
  return useCallback(
    ({ key, name }) => (name === namesAtFirst[key] ? (find(`stages.${key}`) ?? name) : name),
    [find],
  );
}
