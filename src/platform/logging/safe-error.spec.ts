import { describe, expect, it } from '@jest/globals';
import { safeError } from './safe-error.js';

describe('what a log says about an error', () => {
  it('stays as it is where a caller made it before the logger does', () => {
    const once = safeError(new Error('away', { cause: new Error('refused') }));
    expect(safeError(once)).toBe(once);
    expect(once).toMatchObject({ message: 'away', cause: { message: 'refused' } });
  });

  it('lets nothing pass that merely looks like it', () => {
    expect(safeError({ type: 'Error', message: 'the name of a person' })).toEqual({
      type: 'object',
      message: 'something other than an Error was thrown',
    });
  });

  it('keeps what PostgreSQL quotes to itself', () => {
    const error = Object.assign(new Error('invalid input: "the name of a person"'), {
      ...{ code: '22P02', severity: 'ERROR' },
    });
    expect(JSON.stringify(safeError(error))).not.toContain('person');
  });
});
