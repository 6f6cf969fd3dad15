/** bytes of UTF-8: what every file system takes */
const MAX_BYTES = 200;
const LONGEST_EXTENSION = 20;

/** Control characters, line ends, what turns the direction of text, and what nobody sees. */
const invisible =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/**
 * The name as it may stand in a list, in a header and on somebody's disk: without folders, without characters that
 * hide or turn others (`annual‮fdp.exe`), not too long, never empty. It never names a file of this server.
 */
export function safeFileName(given: string): string {
  const last = given.toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replaceAll(invisible, '')
    .replaceAll(/[<>:"|?*]/g, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    // Windows drops these and would find another file
    .replace(/[. ]+$/, '');
  const short = shortened(clean);
  return short === '' || /^\.+$/.test(short) ? 'file' : short;
}

/** Cut in the middle, because people and programs go by the extension. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= LONGEST_EXTENSION ? name.slice(dot) : '';
  const room = MAX_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let used = 0;
  for (const char of name.slice(0, name.length - extension.length)) {
    used += Buffer.byteLength(char);
    if (used > room) break;
    stem += char;
  }
  return stem.trimEnd() + extension;
}
