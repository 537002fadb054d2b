import { connect, type ConnectOptions, type DeployEvent, deployWithMigration, type RunStore } from '@graasp/deploy';
import { type DurableContext, durableRecipe } from '@graasp/deploy/durable';
import type { LocalCloud } from '@graasp/local-cloud';
import { nextVersion, shop, startShop } from '../shop.js';

export const options = { version: nextVersion, reopen: 'when-verified' } as const;
export const secret = 'open-sesame-0123456789';

interface Journal {
  readonly attempts: readonly unknown[];
  readonly steps: readonly { readonly name: string; readonly seconds: number; readonly changed: boolean }[];
}

/** A shop whose migration takes five minutes, and a function that releases to it. */
export async function startRelease(reached: (cloud: LocalCloud, store: RunStore) => ConnectOptions = ({ connection }, runStore) => ({ ...connection, runStore })) {
  const slow = { reference: `shop:migrate-${nextVersion}`, model: { kind: 'migration', from: 'one', to: 'two', seconds: 300 } } as const;
  const { cloud, store, another } = await startShop({ images: [slow] });
  const events: DeployEvent[] = [];
  const connected = (options: ConnectOptions) => connect<string>(shop, { ...options, reporters: [{ report: (event) => void events.push(event) }] });
  return { cloud, store, another, events, connected, release: durableRecipe(deployWithMigration, () => connected(reached(cloud, store))) };
}

export async function journalOf(store: RunStore): Promise<Journal> {
  const [key = ''] = (await store.list('shop/runs/'))._unsafeUnwrap();
  return JSON.parse((await store.read(key))._unsafeUnwrap()!.body) as Journal;
}

/** Tasks of the migration's own that were started: a request that is sent again with its token starts no other. */
export function migrationsOf({ requests }: LocalCloud): number {
  const inputs = requests.filter(({ operation }) => operation === 'ecs:RunTask').map(({ input }) => input as { readonly startedBy?: string; readonly clientToken?: string });
  return new Set(inputs.flatMap(({ startedBy, clientToken }) => (startedBy?.startsWith('migration/') === true ? [clientToken] : []))).size;
}

export const contextOf = (changes: Partial<DurableContext> = {}): DurableContext => ({
  step: (_, call) => call(),
  wait: () => new Promise(() => undefined),
  executionContext: { durableExecutionArn: 'arn:another' },
  lambdaContext: { getRemainingTimeInMillis: () => 900_000 },
  ...changes,
});
