/** Everything that runs in a page as well: model hosts, in process. */
export { startLocalCloud } from './start-local-cloud.js';
export type * from './blueprint.js';
export type * from './inspection.js';
export type * from './local-cloud.js';
export { pacedClock, type Clock, type PacedClock, type PacedClockOptions, type VirtualClock, type VirtualClockOptions } from './clock.js';
export type { BehaviourFault, Fault, Faults, OperationFault } from './faults.js';
export type { IamPolicy, IamStatement } from './iam/policy.js';
export type { CloudDescription, DescribedClock, DescribedListener } from './cloud-description.js';
