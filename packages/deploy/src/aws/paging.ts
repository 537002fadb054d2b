import { err, ok, ResultAsync, type Result } from 'neverthrow';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** Every item of every page; a page may be empty and still not be the last. */
export function allPages<T, E>(page: (token: string | undefined) => ResultAsync<Page<T>, E>): ResultAsync<readonly T[], E> {
  const collect = async (): Promise<Result<readonly T[], E>> => {
    const items: T[] = [];
    let token: string | undefined;
    do {
      const answer: Result<Page<T>, E> = await page(token);
      if (answer.isErr()) return err(answer.error);
      items.push(...answer.value.items);
      token = answer.value.next === '' ? undefined : answer.value.next;
    } while (token !== undefined);
    return ok(items);
  };
  return new ResultAsync(collect());
}

/** One call per `size` of `all`; none when there is nothing to ask for. */
export function allBatches<I, T, E>(all: readonly I[], size: number, send: (batch: I[]) => ResultAsync<T, E>): ResultAsync<T[], E> {
  const batches = Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
  return ResultAsync.combine(batches.map((batch) => send(batch)));
}
