import { classifications, customKinds } from '../metadata/field.meta.js';
import { reference } from './record-schemas.js';

type Node = Record<string, unknown>;

const json = (schema: Node): Node => ({ 'application/json': { schema } });
const failure = (description: string): Node => ({
  description,
  content: { 'application/problem+json': { schema: reference('Problem') } },
});
const failures = (...codes: string[]): Node =>
  Object.fromEntries(codes.map((code) => [code, failure('see `code` and `detail`')]));
const text = { type: 'string' };
const idParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const list = (item: string): Node => ({
  '200': {
    description: 'the list',
    content: json({
      type: 'object',
      required: ['data'],
      properties: { data: { type: 'array', items: reference(item) } },
    }),
  },
});

/** The engine's own operations beside those of the record types. */
export const systemPaths: Record<string, Node> = {
  '/api/v1/types': {
    get: {
      tags: ['types'],
      operationId: 'listTypes',
      summary: 'Record types, fields and permissions as the caller may know them',
      responses: { ...list('TypeDescription'), ...failures('401') },
    },
  },
  '/api/v1/custom-fields': {
    get: {
      tags: ['custom-fields'],
      operationId: 'listCustomFields',
      summary: 'List custom fields (administrators)',
      responses: { ...list('CustomField'), ...failures('401', '403') },
    },
    post: {
      tags: ['custom-fields'],
      operationId: 'createCustomField',
      summary: 'Add a field to a record type (administrators)',
      requestBody: { required: true, content: json(reference('CustomFieldInput')) },
      responses: {
        '201': { description: 'the new field', content: json(reference('CustomField')) },
        ...failures('400', '401', '403', '405', '409'),
      },
    },
  },
  '/api/v1/custom-fields/{id}': {
    parameters: [idParameter],
    patch: {
      tags: ['custom-fields'],
      operationId: 'updateCustomField',
      summary: 'Change label, options, classification or position (administrators)',
      requestBody: { required: true, content: json(reference('CustomFieldPatch')) },
      responses: {
        '200': { description: 'the field', content: json(reference('CustomField')) },
        ...failures('400', '401', '403', '404', '405', '412'),
      },
    },
    delete: {
      tags: ['custom-fields'],
      operationId: 'deleteCustomField',
      summary: 'Take a custom field away; stored values are kept, hidden (administrators)',
      parameters: [
        { name: 'confirm', in: 'query', required: false, schema: { type: 'string', enum: ['true'] } },
      ],
      responses: { '204': { description: 'gone' }, ...failures('400', '401', '403', '404', '405', '409') },
    },
  },
};

const changeable = {
  label: text,
  options: { type: ['array', 'null'], items: text },
  required: { type: 'boolean' },
  classification: { type: 'string', enum: classifications },
  position: { type: 'integer' },
  searchable: { type: 'boolean', description: 'texts and choices: found by search' },
};
const identity = { type: text, key: text, kind: { type: 'string', enum: customKinds } };

export const systemSchemas: Record<string, Node> = {
  Problem: {
    type: 'object',
    description: 'RFC 9457 problem details',
    required: ['type', 'title', 'status', 'code', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: text,
      status: { type: 'integer' },
      code: text,
      detail: text,
      requestId: text,
      errors: {
        type: 'array',
        items: { type: 'object', required: ['path', 'message'], properties: { path: text, message: text } },
      },
    },
  },
  Page: {
    type: 'object',
    required: ['nextCursor'],
    properties: {
      nextCursor: { type: ['string', 'null'] },
      count: { type: 'integer' },
      countCapped: { type: 'boolean' },
    },
  },
  Related: {
    type: ['object', 'null'],
    required: ['id', 'title'],
    properties: { id: { type: 'string', format: 'uuid' }, title: { type: ['string', 'null'] } },
  },
  CustomField: {
    type: 'object',
    required: ['id', 'type', 'key', 'label', 'kind', 'required', 'classification', 'position', 'version'],
    properties: {
      id: { type: 'string', format: 'uuid' },
      ...identity,
      ...changeable,
      version: { type: 'integer' },
    },
  },
  CustomFieldInput: {
    type: 'object',
    additionalProperties: false,
    required: ['type', 'key', 'label', 'kind'],
    properties: { ...identity, ...changeable },
  },
  CustomFieldPatch: { type: 'object', additionalProperties: false, properties: changeable },
  TypeDescription: {
    type: 'object',
    required: ['name', 'plural', 'label', 'icon', 'title', 'adminOnly', 'can', 'fields'],
    properties: {
      name: text,
      plural: text,
      label: text,
      icon: text,
      title: { type: 'array', items: text },
      adminOnly: { type: 'boolean' },
      can: { type: 'object', additionalProperties: { type: 'string', enum: ['none', 'own', 'team', 'all'] } },
      fields: { type: 'array', items: { type: 'object' } },
    },
  },
};
