import type { Operations } from '../context.js';

/** Calls an operation as the wire would, without time, faults and record. The caller says the types: they are the SDK's. */
export async function callOperation<Input, Output>(operations: Operations, name: string, input: Input): Promise<Output> {
  const handle = operations[name] as ((input: Input) => Output | Promise<Output>) | undefined;
  if (handle === undefined) throw new Error(`The local cloud does not implement ${name}.`);
  return structuredClone(await handle(structuredClone(input)));
}
