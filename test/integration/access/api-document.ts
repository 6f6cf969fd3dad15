// Holds answers against what the API document promises for them.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { HttpAnswer } from './whole-server.js';

interface Media {
  schema?: object;
}
interface Response {
  content?: Record<string, Media>;
}
interface OperationObject {
  operationId?: string;
  responses: Record<string, Response>;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
}
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema?: object;
}
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export interface Operation {
  method: Method;
  path: string;
  facts: OperationObject;
  parameters: Parameter[];
}
export interface Document {
  paths: Record<string, Record<string, unknown> & { parameters?: Parameter[] }>;
}

const methods: readonly string[] = ['get', 'post', 'put', 'patch', 'delete'];
const pointer = (...parts: string[]): string =>
  parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

export class ApiDocument {
  readonly operations: Operation[];
  private readonly ajv: Ajv2020;
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(readonly document: Document) {
    this.ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
    formats.default(this.ajv);
    this.ajv.addSchema(document, 'api');
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => methods.includes(method))
        .map((method) => {
          const facts = item[method] as OperationObject;
          const parameters = [...(item.parameters ?? []), ...(facts.parameters ?? [])];
          return { method: method as Method, path, facts, parameters };
        }),
    );
  }

  /** What is wrong with the answer by the document; null where it is as promised. */
  mismatch({ method, path, facts }: Operation, answer: HttpAnswer): string | null {
    const status = String(answer.status) in facts.responses ? String(answer.status) : 'default';
    const promised = facts.responses[status];
    if (!promised) return `answers ${String(answer.status)}, which is not in the document`;
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    if (promised.content === undefined) {
      return answer.text === ''
        ? null
        : `answers ${String(answer.status)} with a body that is not in the document`;
    }
    if (!promised.content[type]?.schema) return `answers ${type || 'nothing'} with ${String(answer.status)}`;
    if (!type.includes('json')) return null;
    const at = `api#${pointer('paths', path, method, 'responses', status, 'content', type, 'schema')}`;
    const validate = this.compiled.get(at) ?? this.ajv.compile({ $ref: at });
    this.compiled.set(at, validate);
    return validate(answer.json) ? null : this.ajv.errorsText(validate.errors, { dataVar: 'answer' });
  }
}
