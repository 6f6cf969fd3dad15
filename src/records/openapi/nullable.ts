type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The decorators of Nest speak OpenAPI 3.0, where `nullable: true` stands beside a type. In the JSON Schema of
 * OpenAPI 3.1 that says nothing, and null is a type of its own.
 */
export function withNullTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNullTypes);
  if (!isNode(value)) return value;
  const node = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withNullTypes(part)]));
  // A property may itself be named so; then it is a schema and no flag.
  if (typeof node['nullable'] !== 'boolean') return node;
  const { nullable, ...schema } = node;
  if (!nullable) return schema;
  const isPlain = typeof schema['type'] === 'string' && !['allOf', '$ref'].some((name) => name in schema);
  if (!isPlain) return { anyOf: [schema, { type: 'null' }] };
  const values = Array.isArray(schema['enum']) ? { enum: [...(schema['enum'] as unknown[]), null] } : {};
  return { ...schema, ...values, type: [schema['type'], 'null'] };
}
