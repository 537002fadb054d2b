import type { InstanceState, Rds } from './state.js';

const minute = 60_000;
const bytesPerGiB = 2 ** 30;
/** What an instance holds is not weighed: a quarter of its storage is taken. */
const freeShare = 0.75;

/** Burstable classes: credits earned an hour and kept at most. AWS documentation: "CPU credits and baseline utilization for burstable performance instances". */
const credits: Readonly<Record<string, { readonly earned: number; readonly most: number; readonly cpus: number }>> = {
  micro: { earned: 12, most: 288, cpus: 2 },
  small: { earned: 24, most: 576, cpus: 2 },
  medium: { earned: 24, most: 576, cpus: 2 },
  large: { earned: 36, most: 864, cpus: 2 },
  xlarge: { earned: 96, most: 2304, cpus: 4 },
  '2xlarge': { earned: 192, most: 4608, cpus: 8 },
};

/** Puts the instance's metrics into AWS/RDS once a minute while its server runs. They follow the name, as AWS's do. */
export function measure(rds: Rds, instance: InstanceState): void {
  const { clock } = rds.context;
  instance.cpuCredits = creditsOf(instance)?.most ?? 0;
  rds.context.background(`RDS measures ${instance.resourceId}`, async (signal) => {
    while (rds.state.instances.has(instance)) {
      await clock.sleep(minute - (clock.now() % minute), signal);
      if (rds.state.instances.has(instance) && isUp(instance)) await record(rds, instance);
    }
  });
}

function isUp(instance: InstanceState): boolean {
  return !['creating', 'starting', 'stopping', 'stopped', 'deleting', 'rebooting'].includes(instance.status) && !instance.hidden;
}

async function record(rds: Rds, instance: InstanceState): Promise<void> {
  const { hosts, clock } = rds.context;
  const measured = await hosts.databases.metrics(instance.resourceId).catch(() => undefined);
  // a server that is just restarting has nothing to tell
  if (measured === undefined) return;
  await cutLog(rds, instance);
  const put = (name: string, value: number, unit: string) =>
    rds.context.siblings.cloudwatch.record({ namespace: 'AWS/RDS', name, dimensions: { DBInstanceIdentifier: instance.identifier }, value, unit });
  put('CPUUtilization', measured.cpuPercent, 'Percent');
  put('ReadIOPS', measured.readIops, 'Count/Second');
  put('WriteIOPS', measured.writeIops, 'Count/Second');
  put('DiskQueueDepth', measured.diskQueueDepth, 'Count');
  put('DatabaseConnections', measured.connections, 'Count');
  put('FreeStorageSpace', (instance.settings.AllocatedStorage ?? 0) * bytesPerGiB * freeShare, 'Bytes');
  const burstable = creditsOf(instance);
  // "These metrics are published to CloudWatch only if there is load on the DB instance"
  if (instance.settings.EnablePerformanceInsights === true && measured.activeSessions > 0) put('DBLoad', measured.activeSessions, 'None');
  if (burstable === undefined) return;
  instance.cpuCredits = Math.max(0, Math.min(burstable.most, instance.cpuCredits + burstable.earned / 60 - (measured.cpuPercent / 100) * burstable.cpus));
  if (Math.floor(clock.now() / minute) % 5 === 0) put('CPUCreditBalance', instance.cpuCredits, 'Count');
}

function creditsOf({ settings }: InstanceState): (typeof credits)[string] | undefined {
  const [, family, size] = (settings.DBInstanceClass ?? '').split('.');
  return family?.startsWith('t') === true && size !== undefined ? credits[size] : undefined;
}

/** The server's log is one; RDS shows a file an hour. */
async function cutLog(rds: Rds, instance: InstanceState): Promise<void> {
  const hour = Math.floor(rds.context.clock.now() / 3_600_000);
  if (instance.logCuts.at(-1)?.hour === hour) return;
  instance.logCuts.push({ hour, offset: (await rds.context.hosts.databases.log(instance.resourceId)).length });
}
