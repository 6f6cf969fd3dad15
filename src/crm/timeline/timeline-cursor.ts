import { InvalidInput } from '../../platform/errors/index.js';
import { isUuid } from '../../records/index.js';
import type { TimelinePosition } from './timeline.entry.js';

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export function writePosition(position: TimelinePosition): string {
  return Buffer.from(JSON.stringify([position.activity, position.change])).toString('base64url');
}

/** @throws InvalidInput where the text is no cursor of a timeline */
export function readPosition(text: string | undefined): TimelinePosition {
  if (text === undefined) return { activity: null, change: null };
  const parsed = decode(text);
  if (!Array.isArray(parsed) || parsed.length !== 2 || !parsed.every(isPlace))
    throw new InvalidInput([{ path: 'cursor', message: 'is not a cursor of this timeline' }]);
  const [activity, change] = parsed as [TimelinePosition['activity'], TimelinePosition['change']];
  return { activity, change };
}

function decode(text: string): unknown {
  if (text.length > 1000) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isPlace(value: unknown): boolean {
  if (value === null || value === false) return true;
  if (typeof value !== 'object') return false;
  const { at, id } = value as Record<string, unknown>;
  return typeof at === 'string' && timeForm.test(at) && !Number.isNaN(Date.parse(at)) && isUuid(id);
}
