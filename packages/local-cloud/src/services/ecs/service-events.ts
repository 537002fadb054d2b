import { randomUuid } from '../../chance.js';
import type { Ecs, ServiceState } from './state.js';

/** DescribeServices shows at most 100 of the latest events. */
const kept = 100;

export function addEvent(ecs: Ecs, service: ServiceState, message: string): void {
  const event = { id: randomUuid(ecs.context.clock), createdAt: new Date(ecs.context.clock.now()), message };
  service.events = [event, ...service.events.slice(0, kept - 1)];
}
