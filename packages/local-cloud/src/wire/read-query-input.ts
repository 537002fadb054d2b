import { fromBase64 } from '@smithy/core/serde';
import type { NormalizedSchema } from '@smithy/core/schema';

/** A form's `A.member.1.B=x`, unfolded by its dots. */
interface FormNode {
  value?: string;
  readonly children: Map<string, FormNode>;
}

/** The input of an operation of the Query protocol: the schema tells lists, maps, numbers and times apart. Values that do not parse stay text, for the validation to name. */
export function readQueryInput(schema: NormalizedSchema, form: URLSearchParams): unknown {
  const root: FormNode = { children: new Map() };
  for (const [key, value] of form) place(root, key, value);
  return readNode(schema, root);
}

function place(root: FormNode, key: string, value: string): void {
  let node = root;
  for (const part of key.split('.')) {
    let next = node.children.get(part);
    if (next === undefined) node.children.set(part, (next = { children: new Map() }));
    node = next;
  }
  node.value = value;
}

function readNode(schema: NormalizedSchema, node: FormNode): unknown {
  if (schema.isStructSchema()) return readStruct(schema, node);
  if (schema.isListSchema()) return readList(schema, node);
  if (schema.isMapSchema()) return readMap(schema, node);
  return node.value === undefined ? undefined : readSimple(schema, node.value);
}

function readStruct(schema: NormalizedSchema, node: FormNode): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const child = node.children.get(member.getMemberTraits().xmlName ?? name) ?? node.children.get(name);
    if (child !== undefined) output[name] = readNode(member, child);
  }
  return output;
}

/** `List.member.1`, `List.Name.1` where the member has a name, or `List.1` where the list is flat; `List=` is an empty one. */
function readList(schema: NormalizedSchema, node: FormNode): unknown[] {
  const member = schema.getValueSchema();
  const named = node.children.get(member.getMergedTraits().xmlName ?? 'member') ?? node.children.get('member');
  return numbered(named ?? node).map((entry) => readNode(member, entry));
}

function readMap(schema: NormalizedSchema, node: FormNode): Record<string, unknown> {
  const [key, value] = [schema.getKeySchema(), schema.getValueSchema()];
  const entries = numbered(node.children.get('entry') ?? node).flatMap((entry) => {
    const [keyNode, valueNode] = [entry.children.get(key.getMergedTraits().xmlName ?? 'key'), entry.children.get(value.getMergedTraits().xmlName ?? 'value')];
    return keyNode?.value === undefined || valueNode === undefined ? [] : [[keyNode.value, readNode(value, valueNode)] as const];
  });
  return Object.fromEntries(entries);
}

function numbered(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, entry]) => entry);
}

function readSimple(schema: NormalizedSchema, text: string): unknown {
  if (schema.isBooleanSchema()) return text === 'true' ? true : text === 'false' ? false : text;
  if (schema.isNumericSchema()) return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (schema.isTimestampSchema()) return readTime(text);
  if (schema.isBlobSchema()) return readBlob(text);
  return text;
}

function readTime(text: string): unknown {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time;
}

function readBlob(text: string): unknown {
  try {
    return fromBase64(text);
  } catch {
    return text;
  }
}
