import { fileTypeFromBuffer } from 'file-type';

const UNKNOWN = 'application/octet-stream';

/** Texts that no program runs. Only the sender can tell these apart, and nothing hangs on it. */
const plainTexts: ReadonlySet<string> = new Set([
  'text/plain',
  'text/csv',
  'text/tab-separated-values',
  'text/markdown',
  'text/calendar',
  'text/vcard',
  'application/json',
  'message/rfc822',
]);

/** The old formats of Office look alike from outside: one container, `application/x-cfb`. */
const compoundFiles: ReadonlySet<string> = new Set([
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'application/vnd.ms-outlook',
]);

const previewableTypes: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'application/pdf',
]);

/**
 * What the content is, from its first bytes. What the sender says counts only where it changes nothing that matters:
 * which kind of plain text, which kind of old Office file.
 * @param isWhole whether `head` is all there is
 */
export async function mediaTypeOf(head: Buffer, isWhole: boolean, declared?: string): Promise<string> {
  const said = declared?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const seen = (await fileTypeFromBuffer(head))?.mime;
  if (seen === 'application/x-cfb') return compoundFiles.has(said) ? said : seen;
  if (seen !== undefined) return seen.split(';', 1)[0] ?? UNKNOWN;
  if (!isText(head, isWhole)) return UNKNOWN;
  return plainTexts.has(said) && !looksLikeMarkup(head) ? said : 'text/plain';
}

/** Images and PDF: what the UI shows, and all that is ever answered with `Content-Disposition: inline`. */
export function isPreviewable(mediaType: string): boolean {
  return previewableTypes.has(mediaType);
}

const harmless =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|tiff|heic|heif)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/(?:pdf|zip|json|gzip|msword|x-7z-compressed|vnd\.(?:ms-[\w.-]+|openxmlformats-officedocument\.[\w.-]+|oasis\.opendocument\.[\w.-]+)))$/;

/** What the answer calls it: HTML, SVG, XML and everything else that a browser might run is just bytes. */
export function servedType(mediaType: string): string {
  if (mediaType.startsWith('text/'))
    return plainTexts.has(mediaType) ? `${mediaType}; charset=utf-8` : UNKNOWN;
  return harmless.test(mediaType) ? mediaType : UNKNOWN;
}

function isText(head: Buffer, isWhole: boolean): boolean {
  if (head.some(isControl)) return false;
  try {
    // where more follows, the last character may stand there half
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !isWhole });
    return true;
  } catch {
    return false;
  }
}

/** What no text has: control characters other than tabs, line and page ends, and the escape of terminals. */
const isControl = (byte: number): boolean =>
  byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b) || byte === 0x7f;

/** A text that a careless program might take for a page is plain text and nothing more. */
function looksLikeMarkup(head: Buffer): boolean {
  return /<(?:!doctype|html|head|body|script|svg|iframe|img|\?xml|math|object|embed|a |style)\b/i.test(
    head.toString('latin1'),
  );
}
