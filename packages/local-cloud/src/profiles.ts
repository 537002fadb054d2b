import type { Timing } from './timing.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const never = [0, 0] as const;

/** Seconds to two minutes of the cloud's time: a release that can be watched on a clock sixty times as fast. */
export const demoTiming: Timing = {
  task: { provisioning: [5 * second, 10 * second], pending: [5 * second, 10 * second], activating: [second, 3 * second], deprovisioning: [3 * second, 6 * second], forgottenAfter: hour },
  service: { healthyAfter: 10 * second, schedulerTick: 3 * second },
  database: {
    starting: [20 * second, 40 * second],
    stopping: [20 * second, 40 * second],
    snapshot: [minute, 2 * minute],
    unchangedSnapshot: [12 * second, 24 * second],
    restoring: [minute, 2 * minute],
    modifying: [20 * second, 40 * second],
    renaming: [minute, 1.5 * minute],
    restartedAfter: 7 * 24 * hour,
  },
  balancer: { propagation: [0.5 * second, 2 * second] },
  distributionDeploying: [20 * second, 40 * second],
  staleness: never,
  metricDelay: [10 * second, 30 * second],
  logDelay: [0.2 * second, second],
};

/** AWS's own, as documented or observed: `README.md` has the sources. */
export const realisticTiming: Timing = {
  task: { provisioning: [4 * second, 10 * second], pending: [8 * second, 25 * second], activating: [second, 5 * second], deprovisioning: [10 * second, 25 * second], forgottenAfter: hour },
  service: { healthyAfter: 40 * second, schedulerTick: 5 * second },
  database: {
    starting: [3 * minute, 8 * minute],
    stopping: [2 * minute, 7 * minute],
    snapshot: [3 * minute, 15 * minute],
    unchangedSnapshot: [minute, 2 * minute],
    restoring: [8 * minute, 20 * minute],
    modifying: [minute, 5 * minute],
    renaming: [5 * minute, 10 * minute],
    restartedAfter: 7 * 24 * hour,
  },
  balancer: { propagation: [0.5 * second, 5 * second] },
  distributionDeploying: [2 * minute, 6 * minute],
  staleness: [0, 2 * second],
  metricDelay: [minute, 2.5 * minute],
  logDelay: [0.5 * second, 5 * second],
};

/** While a cloud is being filled. */
export const instantTiming: Timing = {
  task: { provisioning: never, pending: never, activating: never, deprovisioning: never, forgottenAfter: hour },
  service: { healthyAfter: 0, schedulerTick: 0.3 * second },
  database: { starting: never, stopping: never, snapshot: never, unchangedSnapshot: never, restoring: never, modifying: never, renaming: never, restartedAfter: 7 * 24 * hour },
  balancer: { propagation: never },
  distributionDeploying: never,
  staleness: never,
  metricDelay: never,
  logDelay: never,
};
