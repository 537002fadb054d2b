const packages = ['@graasp/deploy', '@graasp/local-cloud'];
/** The rehearsal's shop has neither buckets nor distributions. */
const unused = ['@aws-sdk/client-s3', '@aws-sdk/client-cloudfront'];
const empty = (names) => Object.fromEntries(names.map((name) => [name, false]));

/**
 * The rehearsal runs both packages in the page: their builds for browsers, without Node's modules. What they load on demand comes with them:
 * a clock that runs thirty times as fast does not wait for a network. The server draws what is before a rehearsal, and needs neither.
 */
export default function browserPackages() {
  const inThePage = {
    resolve: { conditionNames: ['browser', 'import', 'module', 'default'], alias: empty(unused) },
    module: { rules: [{ test: /[\\/]packages[\\/](?:deploy|local-cloud)[\\/]dist[\\/]/, parser: { dynamicImportMode: 'eager' } }] },
  };
  const onTheServer = { resolve: { alias: empty(packages) } };
  return { name: 'browser-packages', configureWebpack: (_, isServer) => (isServer ? onTheServer : inThePage) };
}
