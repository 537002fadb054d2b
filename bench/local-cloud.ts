import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from '../examples/environments/graasp-blueprint.js';
import { graaspImages } from '../examples/environments/graasp-images.js';

const dev = { blueprint: graaspBlueprint('dev'), images: graaspImages() };
const rounds = 3;

/** The whole of Graasp's dev environment: nine services, their targets healthy, the database available. */
export async function secondsToReady(hosts: 'model' | 'real'): Promise<string> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const cloud = await startLocalCloud({ ...dev, hosts });
    seconds.push((performance.now() - started) / 1000);
    await cloud.stop();
  }
  return seconds.map((each) => `${each.toFixed(2)} s`).join(', ');
}

export async function describeServicesPerSecond(): Promise<string> {
  const cloud = await startLocalCloud({ ...dev, hosts: 'model', clock: 'scaled', http: true });
  const { endpoint, credentials } = cloud.connection.aws;
  const client = new ECSClient({ region: dev.blueprint.region, credentials, ...(endpoint === undefined ? {} : { endpoint }) });
  const describe = () => client.send(new DescribeServicesCommand({ cluster: dev.blueprint.cluster, services: dev.blueprint.services.map(({ name }) => name) }));
  try {
    await describe();
    const started = performance.now();
    let answered = 0;
    const caller = async () => {
      for (; performance.now() - started < 5000; answered += 1) await describe();
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    return `${Math.round(answered / ((performance.now() - started) / 1000))} requests a second, client included (one process)`;
  } finally {
    client.destroy();
    await cloud.stop();
  }
}
