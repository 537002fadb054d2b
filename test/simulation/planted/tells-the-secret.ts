import type { PlantedBug } from '../planted-bugs.js';
import { secrets } from '../world.js';

/** Tells the condition of a rule that it adds, value and all. */
export const tellsTheSecret: PlantedBug = {
  name: 'leaves the secret in an event',
  foundBy: 'no secret leaves',
  event: (event) => (event.type === 'change' && event.operation === 'elasticloadbalancing:ModifyRule' ? { ...event, to: `${event.to}: ${secrets[0]}` } : event),
};
