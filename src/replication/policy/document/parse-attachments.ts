import type { Node } from 'yaml';
import type { AttachmentRule } from './policy.model.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

const keys = ['maxSize', 'types', 'label'];
/** MB is what a file manager and a disk call it; whoever means powers of two writes MiB. */
const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const size = /^(\d{1,12}(?:\.\d{1,3})?) ?([A-Za-z]{1,3})$/;
const mediaType = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/(\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})$/;
const maxList = 100;
const maxLabel = 100;

/** Only to propose one; any media type can be named. */
const commonTypes = [
  'application/pdf',
  'application/zip',
  'image/*',
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'text/plain',
  'text/csv',
  'text/*',
  'audio/*',
  'video/*',
];

/** Reads `attachments: { maxSize: 20MB, types: [application/pdf, image/*], label: shareable }`. */
export class AttachmentParser {
  constructor(private readonly source: PolicySource) {}

  parse(entry: Entry): AttachmentRule {
    const parts = this.source.entries(entry.value, entry.path, '`attachments`', keys);
    const part = (key: string) => parts.find((item) => item.key === key);
    const [maxSize, types, label] = [part('maxSize'), part('types'), part('label')];
    return {
      maxBytes: maxSize ? this.bytes(maxSize) : null,
      mediaTypes: types ? this.list(types, (node) => this.mediaType(types, node)) : null,
      labels: label ? this.list(label, (node) => this.label(label, node)) : null,
    };
  }

  private bytes(entry: Entry): number {
    const written = this.source.scalar(entry.value)?.value;
    if (typeof written === 'number' && Number.isSafeInteger(written) && written > 0) return written;
    const [, amount, unit = ''] = typeof written === 'string' ? (size.exec(written) ?? []) : [];
    const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
    const bytes = Math.floor(Number(amount) * (factor ?? Number.NaN));
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    const known = Object.keys(units);
    this.source.report(
      entry.value ?? entry.keyNode,
      entry.path,
      `\`maxSize\` must be a size such as 20MB; units: ${known.join(', ')}`,
      amount !== undefined && factor === undefined ? near(amount, unit, known) : null,
    );
    return 0;
  }

  private list(entry: Entry, read: (node: Node | null) => string | null): string[] {
    const nodes = this.source.items(entry.value) ?? [entry.value];
    if (nodes.length === 0 || nodes.length > maxList)
      this.source.report(
        entry.value ?? entry.keyNode,
        entry.path,
        `\`${entry.key}\` takes 1 to ${String(maxList)} values`,
      );
    return nodes.map(read).filter((value) => value !== null);
  }

  private mediaType(entry: Entry, node: Node | null): string | null {
    const written = this.source.text(node)?.toLowerCase() ?? '';
    if (mediaType.test(written)) return written;
    const proposed = commonTypes.find((known) => known.endsWith(`/${written}`));
    this.source.report(
      node ?? entry.keyNode,
      entry.path,
      `expected a media type such as application/pdf or image/*, not \`${written}\``,
      proposed ?? suggest(written, commonTypes),
    );
    return null;
  }

  private label(entry: Entry, node: Node | null): string | null {
    const written = this.source.text(node);
    if (written !== null && written !== '' && written.length <= maxLabel && !written.includes('\0'))
      return written.normalize('NFC');
    this.source.report(
      node ?? entry.keyNode,
      entry.path,
      `a label is a text of 1 to ${String(maxLabel)} characters`,
    );
    return null;
  }
}

function near(amount: string, unit: string, known: readonly string[]): string | null {
  const found = known.find((name) => name.toLowerCase() === unit.toLowerCase()) ?? suggest(unit, known);
  return found && `${amount}${found}`;
}
