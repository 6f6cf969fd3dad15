import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

const define = (key: string, more: object = {}) =>
  engine.customFields.create(engine.admin, { type: 'case', key, label: 'Label', kind: 'text', ...more });
const file = (custom: object) => engine.records.create(engine.admin, 'case', { subject: 'S', custom });

describe('custom fields', () => {
  it('check their values as declared fields do', async () => {
    await define('state', { kind: 'choice', options: ['CA', 'NY'] });
    await define('fee', { kind: 'decimal' });
    await define('sentOn', { kind: 'date' });
    await define('timely', { kind: 'boolean' });
    const custom = { state: 'CA', fee: '12.50', sentOn: '2015-03-31', timely: false };
    expect((await file(custom))['custom']).toMatchObject({ ...custom, fee: '12.5' });
    for (const [key, value] of Object.entries({ state: 'TX', fee: 1.5, sentOn: '2015-02-30', timely: 'no' }))
      await expect(file({ [key]: value })).rejects.toMatchObject({
        httpStatus: 400,
        errors: [{ path: `custom.${key}` }],
      });
    for (const wrong of [null, [], 'x'])
      await expect(
        engine.records.create(engine.admin, 'case', { subject: 'S', custom: wrong }),
      ).rejects.toMatchObject({ httpStatus: 400 });
  });

  it('change one by one: what a patch does not name stays, null takes away', async () => {
    await define('one');
    await define('two');
    const made = await file({ one: '1', two: '2' });
    const patched = await engine.records.update(
      engine.admin,
      'case',
      String(made['id']),
      { custom: { one: null } },
      1,
    );
    expect(patched['custom']).toMatchObject({ one: null, two: '2' });
    const { rows } = await engine.database.admin.query('SELECT custom FROM crm.case WHERE id = $1', [
      made['id'],
    ]);
    expect(rows).toEqual([{ custom: { two: '2' } }]);
  });

  it.each(["x' OR '1'='1", 'Upper', '1st', 'a.b', 'a b', '', 'x'.repeat(41), '__proto__', 'a"b', 'ä'])(
    'the key %j is refused',
    async (key) => {
      await expect(define(key)).rejects.toMatchObject({ httpStatus: 400, errors: [{ path: 'key' }] });
    },
  );

  it('refuse what does not fit together, and a key that is taken', async () => {
    await define('taken');
    await expect(define('taken')).rejects.toMatchObject({ httpStatus: 409 });
    await expect(define('c1', { kind: 'choice' })).rejects.toMatchObject({ errors: [{ path: 'options' }] });
    await expect(define('c2', { options: ['x'] })).rejects.toMatchObject({ errors: [{ path: 'options' }] });
    await expect(define('c3', { kind: 'reference' })).rejects.toMatchObject({ errors: [{ path: 'kind' }] });
    await expect(define('c4', { type: 'nothing' })).rejects.toMatchObject({ errors: [{ path: 'type' }] });
    await expect(define('c5', { sql: '1' })).rejects.toMatchObject({ errors: [{ path: 'sql' }] });
  });

  it('are for administrators', async () => {
    const person = await engine.person({});
    await expect(
      engine.customFields.create(person, { type: 'case', key: 'x', label: 'X', kind: 'text' }),
    ).rejects.toMatchObject({ httpStatus: 403 });
    expect(() => engine.customFields.list(person)).toThrow('do not let you change custom fields');
  });

  it('when required, must be there in new records but do not block old ones', async () => {
    const old = await file({});
    const field = await define('must');
    await engine.customFields.update(engine.admin, field.id, { required: true }, field.version);
    await expect(file({})).rejects.toMatchObject({
      errors: [{ path: 'custom.must', message: 'is required' }],
    });
    const id = String(old['id']);
    expect(await engine.records.update(engine.admin, 'case', id, { subject: 'T' }, 1)).toMatchObject({
      subject: 'T',
    });
    await engine.customFields.update(engine.admin, field.id, { required: false }, null);
  });

  it('are known to another server process at once, and to one whose listener was cut after that', async () => {
    const other = await startEngine({ beside: engine });
    const sees = async (key: string) => {
      const query = { filter: { field: `custom.${key}`, op: 'empty' }, limit: 1 };
      return other.records.list(engine.admin, 'case', query).then(
        () => true,
        () => false,
      );
    };
    await define('everywhere');
    await waitFor(() => sees('everywhere'));
    await engine.database.admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast custom fields' AND datname = current_database()",
    );
    await define('afterwards');
    await waitFor(() => sees('afterwards'));
    await other.stop();
  });

  it('that hold values are taken away only when confirmed; the values stay hidden and come back', async () => {
    const field = await define('shy');
    const made = await file({ shy: 'kept' });
    await expect(engine.customFields.remove(engine.admin, field.id, false)).rejects.toMatchObject({
      httpStatus: 409,
      code: 'field_in_use',
    });
    await engine.customFields.remove(engine.admin, field.id, true);
    const id = String(made['id']);
    expect((await engine.records.get(engine.admin, 'case', id))['custom']).not.toHaveProperty('shy');
    await expect(engine.records.list(engine.admin, 'case', { sort: 'custom.shy' })).rejects.toMatchObject({
      httpStatus: 400,
    });
    await engine.records.update(engine.admin, 'case', id, { subject: 'Changed' }, 1);
    await define('shy');
    expect((await engine.records.get(engine.admin, 'case', id))['custom']).toMatchObject({ shy: 'kept' });
  });
});
