/**
 * RFC 6266: the name in plain ASCII for old clients, and as it is in `filename*` (RFC 8187). What could end the quoted
 * string or the header, or what a client might decode once more, does not stand in the plain one.
 */
export function contentDisposition(disposition: 'inline' | 'attachment', name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x20-\x7e]/g, '_')
    .replaceAll(/["\\%/]/g, '_');
  return `${disposition}; filename="${plain}"; filename*=UTF-8''${encoded(name)}`;
}

/** encodeURIComponent leaves some characters alone that RFC 8187 wants encoded. */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
