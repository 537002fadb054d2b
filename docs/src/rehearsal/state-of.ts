import type { Scene } from './scene';

export type ShownState = 'running' | 'restricted' | 'db-only' | 'stopped' | 'in between';

/** Which of the four states the scene is in, by what is configured: the words of `readState`. */
export function stateOf({ rules, services, databases }: Scene): ShownState {
  const on = (role: string) => services.filter((service) => service.role === role).every(({ desired }) => desired > 0);
  const off = (role: string) => services.filter((service) => service.role === role).every(({ desired }) => desired === 0);
  const open = rules.every((rule) => rule.open);
  const shut = rules.some((rule) => rule.name === 'web' && !rule.open);
  const available = databases.some(({ inUse, status }) => inUse && status !== 'stopped');
  if (available && open && on('application') && on('administration')) return 'running';
  if (available && shut && on('application') && on('administration')) return 'restricted';
  if (available && shut && off('application') && on('administration')) return 'db-only';
  return shut && off('application') && off('administration') && !available ? 'stopped' : 'in between';
}
