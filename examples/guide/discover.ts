import { discoverEnvironment, runScript } from '@graasp/deploy';

await runScript((signal) =>
  discoverEnvironment({ region: 'eu-central-1', cluster: 'shop', signal }).andTee(({ source }) => console.log(source)),
);
