/**
 * Gives a buffer's memory back at once, where all of it is the buffer's own: what waits for V8 to look lies about by the
 * dozen megabytes where a stream is fast. Nobody may use the buffer afterwards.
 */
export function release({ buffer, byteLength }: Buffer): void {
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0;
  if (isOwn) buffer.transfer(0);
}
