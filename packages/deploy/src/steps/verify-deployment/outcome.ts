/** What became of one check: what was seen, or what is wrong. */
export type CheckOutcome = { readonly check: string; readonly seen: string } | { readonly check: string; readonly problem: string };
