/** Runs a durable function as AWS's local test runner does, on a local cloud in virtual time: while the function is suspended, the cloud's time passes. */
import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner, type TestResult } from '@aws/durable-execution-sdk-js-testing';
import type { Clock } from '@graasp/deploy';
import type { DurableContext } from '@graasp/deploy/durable';

export interface DurableRun {
  readonly handler: (event: never, context: DurableContext) => Promise<unknown>;
  readonly event: unknown;
  /** The local cloud's. */
  readonly clock: Clock;
  /** What happens while it is suspended, from the first time on. */
  readonly whileSuspended?: (time: number) => Promise<void>;
  /** What each part of the run is called through. */
  readonly calling?: <T>(call: () => Promise<T>) => Promise<T>;
}

export interface DurableOutcome {
  readonly result: TestResult;
  /** Times that the handler was called: the first, and each replay. */
  readonly invocations: number;
}

export async function runDurably({ handler, event, clock, whileSuspended, calling = (call) => call() }: DurableRun): Promise<DurableOutcome> {
  let invocations = 0;
  let slept = 0;
  const durable = withDurableExecution((given: never, context) => {
    let waits = 0;
    invocations += 1;
    return handler(given, {
      step: (name, call, config) => context.step(name, () => calling(call), config),
      wait: async (name, duration) => {
        await context.wait(name, duration);
        waits += 1;
        if (waits <= slept) return;
        slept = waits;
        await whileSuspended?.(waits);
        await clock.sleep(duration.seconds * 1000);
      },
      executionContext: context.executionContext,
      lambdaContext: { getRemainingTimeInMillis: () => 900_000 },
    });
  });
  // without time left the SDK does not wait for the end of a wait, and every wait ends an invocation
  const handlerFunction: typeof durable = (input, lambda) => durable(input, { ...lambda, getRemainingTimeInMillis: () => 0 });
  const { setImmediate } = globalThis;
  await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
  // the local cloud's time passes in turns of the event loop, the real ones
  globalThis.setImmediate = setImmediate;
  try {
    return { result: await new LocalDurableTestRunner({ handlerFunction }).run({ payload: event }), invocations };
  } finally {
    await LocalDurableTestRunner.teardownTestEnvironment();
    globalThis.setImmediate = setImmediate;
  }
}
