import { draw } from '../../chance.js';
import type { Range } from '../../timing.js';
import { instanceArn } from './lookup.js';
import type { InstanceState, Rds } from './state.js';

/** What an instance goes through after a request was accepted: each status for its share of the drawn time. */
export function inBackground(rds: Rds, what: string, instance: InstanceState, change: (lasts: (range: Range, share?: number) => Promise<void>) => Promise<void>): void {
  const { clock } = rds.context;
  rds.context.background(`RDS ${what} ${instance.identifier}`, (signal) => change((range, share = 1) => clock.sleep(draw(clock, range) * share, signal)));
}

export function addEvent(rds: Rds, instance: InstanceState, category: string, message: string): void {
  rds.state.events.push({ at: rds.context.clock.now(), sourceIdentifier: instance.identifier, sourceType: 'db-instance', sourceArn: instanceArn(rds, instance.identifier), categories: [category], message });
}
