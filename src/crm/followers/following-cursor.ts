import { isUuid } from '../../records/index.js';

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Where a page of changes ended; undefined where the text is no cursor of ours. */
export function readFollowingCursor(text: string): { at: string; id: string } | undefined {
  const parsed = decode(text);
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined;
  const [at, id] = parsed as unknown[];
  const isTime = typeof at === 'string' && timeForm.test(at) && !Number.isNaN(Date.parse(at));
  return isTime && isUuid(id) ? { at, id } : undefined;
}

function decode(text: string): unknown {
  if (text.length > 300) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
