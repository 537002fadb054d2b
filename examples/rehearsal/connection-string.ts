import type { Blueprint } from '@graasp/local-cloud';

/** How to reach a database of a local cloud's instance from outside: `address` is what `cloud.inspect.database()` answers. */
export function connectionString({ database }: Blueprint, address: { readonly host: string; readonly port: number }, name = database.databases[0] ?? 'postgres'): string {
  const { masterUsername, masterPassword } = database;
  return `postgres://${encodeURIComponent(masterUsername)}:${encodeURIComponent(masterPassword)}@${address.host}:${address.port}/${name}`;
}
