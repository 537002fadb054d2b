import type { NormalizedSchema } from '@smithy/core/schema';

/** What is wrong with an input: a required member is missing, or a value does not have its member's type. */
export type InputProblem = { readonly kind: 'missing'; readonly member: string } | { readonly kind: 'type'; readonly member: string; readonly expected: string };

/** The first problem of an input, or undefined. Members that the model does not know are ignored, as AWS does. */
export function validateInput(schema: NormalizedSchema, value: unknown, path = ''): InputProblem | undefined {
  if (schema.isUnitSchema() || schema.isDocumentSchema()) return undefined;
  if (schema.isStructSchema()) return validateStruct(schema, value, path);
  if (schema.isListSchema()) return validateList(schema, value, path);
  if (schema.isMapSchema()) return validateMap(schema, value, path);
  const expected = expectedType(schema, value);
  return expected === undefined ? undefined : { kind: 'type', member: path, expected };
}

function validateStruct(schema: NormalizedSchema, value: unknown, path: string): InputProblem | undefined {
  if (!isRecord(value)) return { kind: 'type', member: path, expected: 'structure' };
  const required = requiredMembers(schema);
  for (const [name, member] of schema.structIterator()) {
    const at = path === '' ? name : `${path}.${name}`;
    const given = value[name];
    if (given === undefined || given === null) {
      if (required.has(name)) return { kind: 'missing', member: at };
      continue;
    }
    const problem = validateInput(member, given, at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function validateList(schema: NormalizedSchema, value: unknown, path: string): InputProblem | undefined {
  if (!Array.isArray(value)) return { kind: 'type', member: path, expected: 'list' };
  const member = schema.getValueSchema();
  for (const [index, entry] of value.entries()) {
    const problem = validateInput(member, entry, `${path}.${index + 1}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function validateMap(schema: NormalizedSchema, value: unknown, path: string): InputProblem | undefined {
  if (!isRecord(value)) return { kind: 'type', member: path, expected: 'map' };
  const member = schema.getValueSchema();
  for (const [key, entry] of Object.entries(value)) {
    const problem = validateInput(member, entry, `${path}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function expectedType(schema: NormalizedSchema, value: unknown): string | undefined {
  if (schema.isStringSchema()) return typeof value === 'string' || value instanceof String ? undefined : 'string';
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? undefined : 'boolean';
  if (schema.isNumericSchema()) return typeof value === 'number' && Number.isFinite(value) ? undefined : 'number';
  if (schema.isTimestampSchema()) return value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : 'timestamp';
  if (schema.isBlobSchema()) return value instanceof Uint8Array ? undefined : 'blob';
  return undefined;
}

/** The members of a structure's schema begin with those that are required; their number stands behind the members' schemas. */
export function requiredMembers(schema: NormalizedSchema): ReadonlySet<string> {
  const [, , , , names, , required = 0] = schema.getSchema() as readonly [unknown, unknown, unknown, unknown, readonly string[], unknown, number?];
  return new Set(names.slice(0, required));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array);
}
