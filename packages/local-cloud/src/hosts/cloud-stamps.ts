import { type Clock, machineTime } from '../clock.js';

/** As PostgreSQL's `%m` writes the machine's time. */
const STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC/gm;

/**
 * Turns the stamps of a server's log, which are the machine's time, into the cloud's, in whole seconds as RDS's are. To be created
 * before the first line is written. Between then and now the cloud's time has passed evenly, however fast.
 */
export function createCloudStamps(clock: Clock): (log: string) => string {
  const origin = { machine: machineTime(), cloud: clock.now() };
  return (log) => {
    const elapsed = machineTime() - origin.machine;
    const scale = elapsed > 0 ? (clock.now() - origin.cloud) / elapsed : 1;
    return log.replace(STAMP, (_, day: string, time: string) => {
      const at = origin.cloud + (Date.parse(`${day}T${time}Z`) - origin.machine) * scale;
      return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    });
  };
}
