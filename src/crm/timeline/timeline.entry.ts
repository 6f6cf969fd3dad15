/** What happened around a record: something done (an activity) or something changed (an entry of the audit). */
export interface TimelineEntry {
  readonly id: string;
  /** ISO 8601, UTC */
  readonly at: string;
  readonly kind: 'activity' | 'change';
  readonly by: { readonly id: string | null; readonly name: string | null } | null;
  readonly activity?: Readonly<Record<string, unknown>>;
  readonly change?: {
    readonly action: string;
    readonly fields: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
    /** the key of the values was destroyed: what they were is gone for good */
    readonly erased: boolean;
    /** the file that was added, changed, deleted or restored (`action`: attachment-…); before where it was renamed or labelled */
    readonly attachment?: {
      readonly id: string;
      readonly name: string;
      readonly label: string | null;
      readonly before?: { readonly name: string; readonly label: string | null };
    };
  };
}

export interface TimelinePage {
  readonly data: readonly TimelineEntry[];
  readonly page: { readonly nextCursor: string | null };
}

/** Where the two streams were left. null: not begun, false: at its end. */
export interface TimelinePosition {
  readonly activity: { readonly at: string; readonly id: string } | null | false;
  readonly change: { readonly at: string; readonly id: string } | null | false;
}
