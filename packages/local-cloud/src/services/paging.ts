import type { ServiceFault } from '../context.js';

/** One page of a list. Tokens are opaque to callers: they name the position after the page. */
export function page<T>(items: readonly T[], options: { readonly size: number; readonly token: string | undefined; readonly invalid: () => ServiceFault }): { readonly items: readonly T[]; readonly next: string | undefined } {
  const from = options.token === undefined ? 0 : positionOf(options.token, options.invalid);
  const to = from + options.size;
  return { items: items.slice(from, to), next: to < items.length ? `page:${String(to)}` : undefined };
}

function positionOf(token: string, invalid: () => ServiceFault): number {
  const position = /^page:(\d+)$/.exec(token)?.[1];
  if (position === undefined) throw invalid();
  return Number(position);
}
