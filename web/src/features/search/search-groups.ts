import type { RecordType } from '../../api/types.js';
import type { IconName } from '../../design/Icon.js';
import { viewOf } from '../views.js';
import type { SearchHit } from './search-api.js';

/** A hit that leads somewhere. */
export interface Found {
  key: string;
  path: string;
  icon: IconName;
  title: string;
  subtitle: string;
  snippet: string;
}

export interface FoundGroup {
  type: RecordType;
  items: Found[];
}

/** The hits by type, the type of the best hit first; types without a screen are left out. */
export function groupHits(hits: readonly SearchHit[], types: readonly RecordType[]): FoundGroup[] {
  const groups = new Map<string, FoundGroup>();
  for (const hit of hits) {
    const type = types.find((each) => each.name === hit.type);
    const view = type && viewOf(type.plural);
    if (!type || !view) continue;
    const group = groups.get(type.name) ?? { type, items: [] };
    groups.set(type.name, group);
    group.items.push({
      key: hit.id,
      path: `/${type.plural}/${hit.id}`,
      icon: view.icon,
      title: hit.title ?? hit.subtitle ?? hit.id,
      subtitle: (hit.title && hit.subtitle) ?? '',
      snippet: hit.matched?.snippet ?? '',
    });
  }
  return [...groups.values()];
}
