/** Calls a reporter: one that throws, or gives a promise that is rejected, stops nothing. What it gives is not waited for. */
export function quietly(call: () => unknown): void {
  try {
    const answer = call() as { readonly then?: unknown } | null | undefined;
    // whatever can be awaited: a promise of another realm is no Promise here, and ends the process all the same when nobody handles it
    if (typeof answer?.then === 'function') Promise.resolve(answer).catch(() => undefined);
  } catch {
    // a report that fails is not worth a release
  }
}
