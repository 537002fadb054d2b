/**
 * What runs for an image without a declared process, as text for `node -e`: answers 200 to everything with the image's
 * reference, exits with code 0 on SIGTERM. Without a port it only waits.
 */
export const defaultImage = `
'use strict';
const image = process.argv[1];
const port = Number(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
if (port) {
  require('node:http')
    .createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'ok', image }));
    })
    .listen(port, '127.0.0.1', () => console.log(image + ' listens on port ' + port));
} else {
  setInterval(() => {}, 2 ** 30);
  console.log(image + ' runs');
}
`;
