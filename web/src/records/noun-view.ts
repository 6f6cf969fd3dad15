import type { ComponentType } from 'react';
import type { CrmRecord, RecordType } from '../api/types.js';
import type { IconName } from '../design/Icon.js';

/** A column of a list; widths are fixed so that nothing moves while rows load. */
export interface ColumnSpec {
  path: string;
  widthPx: number;
}

export interface FacetSpec {
  path: string;
  /** `values`: the distinct values are asked of the server when the facet opens */
  from: 'options' | 'values' | 'reference' | 'yesNo' | 'tags';
}

export interface RelatedSpec {
  plural: string;
  /** the field of the related records that points here */
  via: string;
  columns: readonly ColumnSpec[];
  sort: string;
  /** key of the tab's name where the type's own would mislead */
  name?: string;
  /** shown instead of the list */
  component?: ComponentType<{ record: CrmRecord }>;
}

/** How one noun looks: what its list, its page and its form show, in which order. */
export interface NounView {
  plural: string;
  icon: IconName;
  columns: readonly ColumnSpec[];
  facets: readonly FacetSpec[];
  sort: string;
  /** whether the records can be shown as cards in columns too, at `/<plural>/board` */
  hasBoard?: boolean;
  /** the phone's card: a badge at the right of the title, a value below it, and lines of text */
  card: { badge?: string; value?: string; lines: readonly string[] };
  /** shown beside the title of the page */
  badges: readonly string[];
  /** the rail; fields not named here follow below a rule, custom fields last */
  facts: readonly string[];
  /** facts that are left out of the rail where there is no value */
  factsIfSet?: readonly string[];
  form: readonly { title: string; fields: readonly string[] }[];
  related: readonly RelatedSpec[];
  /** fields whose values need words that the metadata does not hold */
  renderers?: Record<string, ComponentType<{ record: CrmRecord }>>;
  /** what can be done with such a record beside editing it; a button in the head of its page */
  action?: ComponentType<{ type: RecordType; record: CrmRecord }>;
  /** form fields that need an input of their own */
  inputs?: Record<string, ComponentType<FieldInputProps>>;
}

export interface FieldInputProps {
  id: string;
  value: unknown;
  onChange: (value: unknown) => void;
  isInvalid: boolean;
  describedBy?: string | undefined;
}
