import { useQuery } from '@tanstack/react-query';
import { listQuery } from '../../api/data-provider.js';
import { request } from '../../api/http.js';
import { fieldNamed, useRecordTypes } from '../../api/record-types.js';
import type { CrmRecord, FilterNode, RecordType } from '../../api/types.js';
import { useTexts } from '../../i18n/texts.js';
import type { FacetSpec } from '../noun-view.js';
import { useTagSuggestions } from '../../features/tags/use-tags.js';
import { titleOf } from '../title.js';
import { useLabels } from '../values/labels.js';

export interface FacetValue {
  value: string;
  label: string;
}

const mostValues = 40;
const listed = async (plural: string, query: string, signal: AbortSignal) =>
  (await request<{ data: CrmRecord[] }>(`/${plural}?${query}`, { signal })).body.data;

const read = (record: CrmRecord, path: string): unknown =>
  path.startsWith('custom.') ? record.custom?.[path.slice('custom.'.length)] : record[path];

/**
 * The distinct values of a field. Each step asks for the first row behind the last value found, which an index
 * answers at once: the cost follows the number of values, never the number of rows.
 */
async function distinctValues(plural: string, path: string, signal: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  const fields = [path.startsWith('custom.') ? 'custom' : path];
  while (found.length < mostValues) {
    const last = found.at(-1);
    const filter: FilterNode =
      last === undefined ? { field: path, op: 'notEmpty' } : { field: path, op: 'gt', value: last };
    const [row] = await listed(plural, listQuery({ filter, sort: path, fields }, 1), signal);
    const value = row ? read(row, path) : undefined;
    if (typeof value !== 'string' || value === last) break;
    found.push(value);
  }
  return found;
}

interface Source {
  type: RecordType;
  path: string;
}

/** `account.sector` of deals is asked of the accounts. */
function useSource(type: RecordType, facet: FacetSpec): Source {
  const types = useRecordTypes();
  const [relation = '', name = ''] = facet.path.split('.');
  const link = type.fields.find((field) => field.relation === relation && !facet.path.startsWith('custom.'));
  const target = types.find((each) => each.name === link?.target);
  return target && name ? { type: target, path: name } : { type, path: facet.path };
}

function useReferences(type: RecordType, facet: FacetSpec, text: string, isWanted: boolean) {
  const types = useRecordTypes();
  const target = types.find((each) => each.name === fieldNamed(type, facet.path)?.target);
  const { data, isPending } = useQuery({
    queryKey: ['facet', target?.plural, text],
    queryFn: async ({ signal }): Promise<FacetValue[]> => {
      if (!target) return [];
      const meta = { q: text || undefined, sort: target.title[0], fields: ['id', ...target.title] };
      const records = await listed(target.plural, listQuery(meta, 50), signal);
      return records.map((record) => ({ value: record.id, label: titleOf(target, record) }));
    },
    enabled: isWanted && facet.from === 'reference',
    staleTime: 60_000,
    placeholderData: (previous) => previous,
  });
  return { values: data ?? [], isPending };
}

/** What a facet offers to choose from. Nothing is asked of the server before somebody looks. */
export function useFacetValues(type: RecordType, facet: FacetSpec, text: string, isWanted = true) {
  const { t, find } = useTexts();
  const labels = useLabels(type);
  const source = useSource(type, facet);
  const references = useReferences(type, facet, text, isWanted);
  const distinct = useQuery({
    queryKey: ['facet-values', source.type.plural, source.path],
    queryFn: ({ signal }) => distinctValues(source.type.plural, source.path, signal),
    enabled: isWanted && facet.from === 'values',
    staleTime: 5 * 60_000,
    retry: false,
  });
  const tags = useTagSuggestions(text, isWanted && facet.from === 'tags');
  const field = fieldNamed(type, facet.path);
  const none = { value: '', label: t('value.none') };
  if (facet.from === 'reference') return references;
  if (facet.from === 'tags')
    return { values: [...tags.map(({ name }) => ({ value: name, label: name })), none], isPending: false };
  if (facet.from === 'yesNo')
    return {
      values: ['true', 'false'].map((value) => ({
        value,
        label: t(value === 'true' ? 'value.yes' : 'value.no'),
      })),
      isPending: false,
    };
  if (facet.from === 'options')
    return {
      values: (field?.options ?? []).map((value) => ({
        value,
        label: field ? labels.option(field, value) : value,
      })),
      isPending: false,
    };
  const words = facet.path === 'stage' ? 'stages' : 'values';
  const named = (distinct.data ?? []).map((value) => ({ value, label: find(`${words}.${value}`) ?? value }));
  const values = field?.required || named.length === 0 ? named : [...named, none];
  return { values, isPending: distinct.isPending };
}
