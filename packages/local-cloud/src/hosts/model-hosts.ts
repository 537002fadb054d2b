import type { Clock } from '../clock.js';
import type { SchemaViolation } from '../inspection.js';
import type { Hosts } from './host.js';
import { createModelContainers } from './model-containers.js';
import { createModelDatabases, type ModelDatabases } from './model-databases.js';
import { createModelFront } from './model-front.js';

export interface ModelHosts extends Hosts {
  readonly kind: 'model';
  readonly databases: ModelDatabases;
}

/** Twins of the real hosts without a process or a socket: everything happens on the clock. */
export function createModelHosts(options: { readonly clock: Clock; readonly onViolation: (violation: SchemaViolation) => void }): ModelHosts {
  const databases = createModelDatabases(options.clock);
  const containers = createModelContainers({ clock: options.clock, databases, onViolation: options.onViolation });
  return {
    kind: 'model',
    containers,
    databases,
    front: createModelFront(options.clock),
    dispose: async () => containers.dispose(),
  };
}
