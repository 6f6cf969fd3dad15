import type { Classification, FieldMeta, FilterOp, RecordTypeMeta } from '../../../records/index.js';

/** One thing wrong in a policy, with the place where a person finds it. Line and column count from 1. */
export interface PolicyIssue {
  readonly line: number;
  readonly column: number;
  /** place in the document: `types.account.fields.revenu` */
  readonly path: string;
  readonly message: string;
  /** the known name that was probably meant */
  readonly suggestion: string | null;
}

export const maskNames = ['last4', 'initial', 'domain', 'all'] as const;
export type MaskName = (typeof maskNames)[number];

export type Treatment =
  | { readonly kind: 'include' }
  | { readonly kind: 'omit' }
  | { readonly kind: 'mask'; readonly mask: MaskName }
  | { readonly kind: 'pseudonym'; readonly scope: string }
  | { readonly kind: 'generalise'; readonly to: Generalisation };

export const periods = ['month', 'quarter', 'year'] as const;
export type Period = (typeof periods)[number];

/** `width` is a number as PostgreSQL reads it. */
export type Generalisation =
  | { readonly kind: 'period'; readonly period: Period }
  | { readonly kind: 'band'; readonly width: string }
  | { readonly kind: 'prefix'; readonly length: number };

/** What a replica is told of a field whose values are not the ones at home; null where they are, or stay there. */
export function describeTreatment(treatment: Treatment): string | null {
  if (treatment.kind === 'include' || treatment.kind === 'omit') return null;
  if (treatment.kind === 'mask') return `mask ${treatment.mask}`;
  if (treatment.kind === 'pseudonym') return 'pseudonym';
  const { to } = treatment;
  if (to.kind === 'period') return `generalise ${to.period}`;
  return to.kind === 'band' ? `generalise band ${to.width}` : `generalise prefix ${String(to.length)}`;
}

/** What happens to one field of a type, and who decided it. */
export interface FieldTreatment {
  readonly field: FieldMeta;
  readonly treatment: Treatment;
  readonly decidedBy: 'policy' | 'classification' | 'unnamed';
}

/** Bound to the custom field that has the key now, not to whichever gets it later. */
export interface CustomFieldTreatment extends FieldTreatment {
  readonly fieldId: string;
}

/** A field of the type itself, or of the record that its reference `via` points to. */
export interface FilterTarget {
  readonly field: FieldMeta;
  /** of a custom field: the one that has the key now, not whichever gets it later */
  readonly fieldId: string | null;
  readonly via: { readonly reference: FieldMeta; readonly type: RecordTypeMeta } | null;
}

/** Values are text in the form PostgreSQL reads, checked against the field's kind. */
export type PolicyFilter =
  | { readonly kind: 'and' | 'or'; readonly items: readonly PolicyFilter[] }
  | { readonly kind: 'not'; readonly item: PolicyFilter }
  | {
      readonly kind: 'leaf';
      readonly target: FilterTarget;
      readonly op: FilterOp;
      readonly values: readonly string[];
    };

/** This record's reference leads, at once or over another record's, to a selected record. */
export interface ReferenceFollow {
  readonly kind: 'reference';
  /** the reference field of this type: `accountId` */
  readonly reference: FieldMeta;
  /** the second step: the type that `reference` leads to, and its reference; that type need not be selected */
  readonly next: { readonly type: RecordTypeMeta; readonly reference: FieldMeta } | null;
  /** name of the type followed; the policy has it too */
  readonly type: string;
}

/** A selected record of a link type names this one. */
export interface LinkFollow {
  readonly kind: 'link';
  readonly link: RecordTypeMeta;
  /** the link type's reference to this type: `leadId` */
  readonly reference: FieldMeta;
  /** name of the link type; the policy has it too */
  readonly type: string;
}

export type PolicyFollow = ReferenceFollow | LinkFollow;

/** Which files of the selected records of one type go. */
export interface AttachmentRule {
  /** null: of any size */
  readonly maxBytes: number | null;
  /** media types in lower case, `image/*` for all of a kind; null: any */
  readonly mediaTypes: readonly string[] | null;
  /** the label must be one of these; null: any label, or none */
  readonly labels: readonly string[] | null;
}

export interface PolicyType {
  readonly meta: RecordTypeMeta;
  readonly where: PolicyFilter | null;
  /**
   * Every reference that is set must lead to a selected record, and there must be one at least, or a selected link.
   */
  readonly follows: readonly PolicyFollow[];
  /** declared fields in declaration order, without those that always or never travel */
  readonly fields: readonly FieldTreatment[];
  readonly customFields: readonly CustomFieldTreatment[];
  /** null: files of this type stay home */
  readonly attachments: AttachmentRule | null;
}

export interface CloudPolicy {
  readonly version: number;
  readonly defaults: Readonly<Record<Classification, 'include' | 'omit'>>;
  /** by type name, in the order of the record types */
  readonly types: ReadonlyMap<string, PolicyType>;
  readonly brake: { readonly deletes: number | null };
}

/** These go with every selected record, because the replica cannot show one without them. */
export const fixedFields: readonly string[] = [
  'id',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
  'ownerId',
  'version',
];

/** Records in the recycle bin are never selected, so there is nothing to tell about it. */
export const neverFields: readonly string[] = ['deletedAt'];

/** Files are no type of a policy: they go with the records that they hang on. */
export const attachmentType = 'attachment';
