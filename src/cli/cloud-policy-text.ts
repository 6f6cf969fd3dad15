/** As the API answers it. */
export interface PolicyFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion?: string | null;
}

export interface PolicyCheck {
  readonly ok: boolean;
  readonly errors: readonly PolicyFault[];
  readonly counts: readonly TypeCount[];
}

interface TypeCount {
  readonly type: string;
  readonly included: number;
  readonly withheld: number;
  readonly fields: Readonly<
    Record<'masked' | 'pseudonymised' | 'generalised' | 'omitted', readonly string[]>
  >;
}

/** What a policy lets out against its classification, and why. */
export interface Allowance {
  readonly what: string;
  readonly reason: string;
}

export interface PolicyPreview {
  readonly ok: boolean;
  readonly errors: readonly PolicyFault[];
  readonly against: number | null;
  readonly allow: readonly Allowance[];
  readonly types: readonly TypePreview[];
}

interface Movement {
  readonly count: number;
  readonly samples: readonly { readonly id: string; readonly title: string | null }[];
}

interface FileAmount {
  readonly count: number;
  readonly bytes: number;
}

interface TypePreview {
  readonly type: string;
  readonly now: number;
  readonly then: number;
  readonly enters: Movement;
  readonly leaves: Movement;
  readonly fields: {
    readonly enter: readonly string[];
    readonly leave: readonly string[];
    readonly changed: readonly { readonly field: string; readonly now: string; readonly then: string }[];
  };
  readonly attachments: Readonly<Record<'now' | 'then' | 'enters' | 'leaves', FileAmount>> | null;
}

const nameWidth = 14;

export function faultLines(file: string, faults: readonly PolicyFault[]): string[] {
  return faults.map(
    ({ line, column, message, suggestion }) =>
      `${file}:${line}:${column} ${message}${suggestion ? ` (did you mean ${suggestion}?)` : ''}`,
  );
}

export function checkLines({ counts }: PolicyCheck): string[] {
  return [
    'The policy is sound.',
    ...counts.flatMap(({ type, included, withheld, fields }) => [
      `  ${type.padEnd(nameWidth)} ${included} would leave, ${withheld} stay home`,
      ...(included === 0
        ? []
        : [
            ...list('masked', fields.masked),
            ...list('pseudonyms', fields.pseudonymised),
            ...list('generalised', fields.generalised),
            ...list('stay home', fields.omitted),
          ]),
    ]),
  ];
}

/** Nothing where there is nothing to weigh. */
export function allowanceLines(allow: readonly Allowance[]): string[] {
  return allow.map(({ what, reason }) => `allowed against its classification: ${what}: ${reason}`);
}

export function previewLines({ against, allow, types }: PolicyPreview): string[] {
  const head =
    against === null
      ? 'No policy is in force: everything below would leave for the first time.'
      : `Against version ${against}, which is in force:`;
  return [head, ...allowanceLines(allow).map((line) => `  ${line}`), ...types.flatMap(typeLines)];
}

function typeLines({ type, now, then, enters, leaves, fields, attachments }: TypePreview): string[] {
  const change = now === then && enters.count === 0 ? `${now} as before` : `${now} now, ${then} then`;
  return [
    `  ${type.padEnd(nameWidth)} ${change}`,
    ...movement('enter', enters),
    ...movement('leave', leaves),
    ...list('fields that enter', fields.enter),
    ...list('fields that leave', fields.leave),
    ...list(
      'fields in another form',
      fields.changed.map((field) => `${field.field} (${field.now} → ${field.then})`),
    ),
    ...(attachments ? files(attachments) : []),
  ];
}

function movement(verb: string, { count, samples }: Movement): string[] {
  if (count === 0) return [];
  const more = count > samples.length ? [`      … and ${count - samples.length} more`] : [];
  return [
    `    ${count} ${verb}`,
    ...samples.map(({ id, title }) => `      ${id}${title === null ? '' : ` ${title}`}`),
    ...more,
  ];
}

function files({ now, then, enters, leaves }: NonNullable<TypePreview['attachments']>): string[] {
  const amount = ({ count, bytes }: FileAmount) => `${count} (${bytes} bytes)`;
  return [
    `    files: ${amount(now)} now, ${amount(then)} then; ${amount(enters)} enter, ${amount(leaves)} leave`,
  ];
}

function list(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`    ${what}: ${names.join(', ')}`];
}
