import { defineEnvironment } from '@graasp/deploy';
import { graaspDev } from './graasp-definition.js';

/** Graasp's development environment with what a definition may say besides of how it is operated. The names of bucket and key are made up. */
// #region main
export const graaspOperated = defineEnvironment({
  ...graaspDev,
  // #region infrastructure-lock
  // where the state is, with use_lockfile = true in the backend
  infrastructureLock: { bucket: 'graasp-infrastructure', key: 'dev/terraform.tfstate' },
  // #endregion infrastructure-lock
  // #region watched
  // nothing is begun that this would come into
  schedules: [{ name: 'nightly stop', utc: '16:30', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }],
  // a metric once a minute while a run is at work
  heartbeat: true,
  // #endregion watched
});
// #endregion main
