import deploy = require('@graasp/deploy');

const secret: deploy.Secret = deploy.secretFromEnv('MAINTENANCE_SECRET');
if (secret.fromEnv !== 'MAINTENANCE_SECRET') throw new Error('secretFromEnv lost its name');
const version: { version: string } = require('@graasp/deploy/package.json');
if (typeof deploy.connect !== 'function') throw new Error('connect cannot be required');
console.log('required', version.version);
