import type { Scene } from './scene';

export type ShownState = 'running' | 'restricted' | 'db-only' | 'stopped' | 'mixed';

/** Which of the four states the scene is in, as `readState` judges it: administration that is paused belongs to none of them. */
export function stateOf({ rules, services, databases }: Scene): ShownState {
  const closed = rules.some(({ name, open }) => name === 'web' && !open);
  const wanted = services.filter(({ role }) => role === 'application').map(({ desired }) => desired > 0);
  const available = databases.some(({ inUse, status }) => inUse && (status === 'available' || status === 'backing-up'));
  if (!available) return 'mixed';
  if (wanted.every((on) => on)) return closed ? 'restricted' : 'running';
  return closed && wanted.every((on) => !on) ? 'db-only' : 'mixed';
}
