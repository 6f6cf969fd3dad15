import { filterOps } from '../kinds/index.js';
import { countCap, maxLimit } from '../query/list-query.js';
import type { TypeView } from '../view/type-view.js';
import { reference, schemaName } from './record-schemas.js';

type Node = Record<string, unknown>;

const json = (schema: Node): Node => ({ 'application/json': { schema } });
const problem = (description: string): Node => ({
  description,
  content: { 'application/problem+json': { schema: reference('Problem') } },
});
const problems: Record<string, Node> = {
  '400': problem('Something in the request is wrong; `errors` names it by path.'),
  '401': problem('Nobody is signed in.'),
  '403': problem('Not allowed.'),
  '404': problem('There is no such record, or it may not be seen.'),
  '405': problem('This server is a read-only replica.'),
  '409': problem('A unique value is taken, or another record needs this one.'),
  '412': problem('The record was changed in the meantime; `current` is how it is now.'),
  '428': problem('If-Match is missing.'),
  '503': problem('The query takes too long without an index, or a part of the system does not answer.'),
};
const failures = (...codes: string[]): Node =>
  Object.fromEntries(codes.map((code) => [code, problems[code]]));
const query = (name: string, schema: Node, description: string): Node => ({
  name,
  in: 'query',
  required: false,
  schema,
  description,
});
const etag = { ETag: { schema: { type: 'string' }, description: 'the version, to send back as If-Match' } };
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const text = { type: 'string' };

/** The operations of one record type. */
export function recordPaths(view: TypeView): Record<string, Node> {
  const { plural, name } = view.type;
  const tags = [plural];
  const one = json(reference(schemaName(name)));
  const shapes = [
    query('fields', text, 'names of the fields to answer, separated by commas; all where left out'),
    query('expand', text, `references to add titles of: ${view.relations().join(', ')}`),
  ];
  const base = `/api/v1/${plural}`;
  return {
    [base]: {
      get: { tags, ...listOperation(view, shapes) },
      post: { tags, ...createOperation(name, one) },
    },
    [`${base}/{id}`]: {
      parameters: [id],
      get: { tags, ...getOperation(name, one, shapes) },
      patch: { tags, ...updateOperation(name, one) },
      delete: { tags, ...deleteOperation(name) },
    },
    [`${base}/{id}/restore`]: { parameters: [id], post: { tags, ...restoreOperation(name, one) } },
  };
}

function getOperation(name: string, one: Node, shapes: readonly Node[]): Node {
  return {
    operationId: `get${schemaName(name)}`,
    summary: `One ${name}`,
    parameters: shapes,
    responses: {
      '200': { description: 'the record', headers: etag, content: one },
      ...failures('400', '401', '404'),
    },
  };
}

function deleteOperation(name: string): Node {
  return {
    operationId: `delete${schemaName(name)}`,
    summary: `Move one ${name} to the recycle bin`,
    parameters: [{ name: 'If-Match', in: 'header', required: false, schema: text }],
    responses: {
      '204': { description: 'in the recycle bin' },
      ...failures('401', '403', '404', '405', '409', '412'),
    },
  };
}

function restoreOperation(name: string, one: Node): Node {
  return {
    operationId: `restore${schemaName(name)}`,
    summary: `Take one ${name} out of the recycle bin`,
    responses: {
      '200': { description: 'the record', headers: etag, content: one },
      ...failures('401', '403', '404', '405', '409'),
    },
  };
}

function listOperation(view: TypeView, shapes: readonly Node[]): Node {
  const { plural, name } = view.type;
  const filter = `JSON tree of {"and":[…]}, {"or":[…]}, {"not":{…}} and {"field","op","value"}. Operations: ${filterOps.join(', ')}. neq and notIn match empty values. One step across a reference: ${view
    .relations()
    .map((relation) => `${relation}.…`)
    .join(', ')}`;
  return {
    operationId: `list${schemaName(plural)}`,
    summary: `List ${plural}`,
    parameters: [
      query('filter', text, filter),
      query('sort', text, 'fields separated by commas, - for descending; empty values come last'),
      query('limit', { type: 'integer', minimum: 1, maximum: maxLimit, default: 50 }, 'records per page'),
      query('cursor', text, '`nextCursor` of the page before'),
      query('count', { type: 'string', enum: ['capped'] }, `count up to ${String(countCap)}`),
      query('q', text, 'words that must all occur in the searched fields'),
      ...shapes,
    ],
    responses: {
      '200': {
        description: 'a page of records',
        content: json({
          type: 'object',
          required: ['data', 'page'],
          properties: {
            data: { type: 'array', items: reference(schemaName(name)) },
            page: reference('Page'),
          },
        }),
      },
      ...failures('400', '401', '403', '503'),
    },
  };
}

function createOperation(name: string, one: Node): Node {
  const location = { Location: { schema: { type: 'string', format: 'uri-reference' } } };
  return {
    operationId: `create${schemaName(name)}`,
    summary: `Create one ${name}`,
    requestBody: { required: true, content: json(reference(`${schemaName(name)}Input`)) },
    responses: {
      '201': { description: 'the new record', headers: { ...etag, ...location }, content: one },
      ...failures('400', '401', '403', '405', '409'),
    },
  };
}

function updateOperation(name: string, one: Node): Node {
  return {
    operationId: `update${schemaName(name)}`,
    summary: `Change one ${name}`,
    parameters: [
      { name: 'If-Match', in: 'header', required: true, schema: text, description: 'the ETag last seen' },
    ],
    requestBody: { required: true, content: json(reference(`${schemaName(name)}Patch`)) },
    responses: {
      '200': { description: 'the record as it is now', headers: etag, content: one },
      ...failures('400', '401', '403', '404', '405', '409', '412', '428'),
    },
  };
}
