/** A file on a record, as the API tells of it. */
export interface Attachment {
  readonly id: string;
  readonly recordType: string;
  readonly recordId: string;
  readonly name: string;
  /** what the content was seen to be, never what somebody said that it is */
  readonly mediaType: string;
  readonly bytes: number;
  readonly label: string | null;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  readonly createdBy: string | null;
  /** beside the id of `createdBy`, as `expand` gives it on records */
  readonly creator: { readonly id: string; readonly title: string | null } | null;
  readonly version: number;
  /** `pending` on a replica only: the row has come and the content has not */
  readonly state: 'available' | 'pending';
  /** an image or a PDF that the UI may show */
  readonly previewable: boolean;
}
