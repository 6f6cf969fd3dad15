import { parse } from 'yaml';

/** Something that leaves against its classification, and why it may. Described for OpenAPI by PolicyAllowanceDto. */
export interface Allowance {
  /** `contact.email`, `case.custom.note`, or a classification: `personal` */
  readonly what: string;
  readonly reason: string;
}

/** The reasons in a stored document. It was checked when it was proposed, perhaps by an earlier release. */
export function allowancesOf(yaml: string): Allowance[] {
  let document: unknown;
  try {
    document = parse(yaml);
  } catch {
    return [];
  }
  const { allow } = (document ?? {}) as { allow?: unknown };
  if (typeof allow !== 'object' || allow === null) return [];
  return Object.entries(allow).flatMap(([what, reason]: [string, unknown]) =>
    typeof reason === 'string' ? [{ what, reason }] : [],
  );
}
