/** The rehearsal runs both packages in the page: their builds for browsers, without Node's modules. */
export default function browserPackages() {
  return {
    name: 'browser-packages',
    configureWebpack: (_, isServer) => (isServer ? {} : { resolve: { conditionNames: ['browser', 'import', 'module', 'default'] } }),
  };
}
