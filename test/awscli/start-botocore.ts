import { startLineProgram } from './line-program.js';

/** What the AWS command line calls AWS with, in a process of its own: a call costs milliseconds, where a command costs a second. */
export interface Botocore {
  readonly version: string;
  /** Those of CloudWatch's protocols that it speaks. */
  readonly cloudwatchProtocols: readonly string[];
  call(call: BotocoreCall): Promise<BotocoreOutcome>;
  end(): void;
}

export interface BotocoreCall {
  readonly service: string;
  readonly operation: string;
  /** Times as ISO strings. */
  readonly input: object;
  /** Default: the one that it prefers. */
  readonly protocol?: string | undefined;
}

export type BotocoreOutcome =
  /** `members`: the names of all that this botocore would have read, at any depth, with the types of their shapes. */
  | { readonly kind: 'output'; readonly output: object; readonly members: Readonly<Record<string, string>> }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly class: string; readonly status: number }
  /** The operation is younger than this botocore. */
  | { readonly kind: 'unknown' }
  /** It could not send the request, or not read the answer. */
  | { readonly kind: 'failure'; readonly what: string };

/** Undefined where there is no Python with the command line's botocore. */
export async function startBotocore(url: string): Promise<Botocore | undefined> {
  const program = await startLineProgram('call-operations.py', [url, 'eu-central-1']);
  if (program === undefined) return undefined;
  return {
    ...(program.first as Pick<Botocore, 'version' | 'cloudwatchProtocols'>),
    async call(call) {
      program.write(call);
      const outcome = await program.read();
      if (outcome === undefined) throw new Error(`botocore ended at ${call.service}:${call.operation}.`);
      return outcome as BotocoreOutcome;
    },
    end: program.end,
  };
}
