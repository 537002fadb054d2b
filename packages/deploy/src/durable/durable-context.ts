/** What is needed of a durable function's context: the `DurableContext` of `@aws/durable-execution-sdk-js` has it. */
export interface DurableContext {
  step<T>(name: string, call: () => Promise<T>, config: { readonly retryStrategy: (error: Error, attempt: number) => { shouldRetry: boolean; delay?: { seconds: number } } }): PromiseLike<T>;
  wait(name: string, duration: { readonly seconds: number }): PromiseLike<void>;
  readonly executionContext: { readonly durableExecutionArn: string };
  readonly lambdaContext: { getRemainingTimeInMillis(): number };
}
