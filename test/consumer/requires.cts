import deploy = require('@graasp/deploy');
import durable = require('@graasp/deploy/durable');
import manifest = require('@graasp/deploy/package.json');

const secret: deploy.Secret = deploy.secretFromEnv('MAINTENANCE_SECRET');
if (secret.fromEnv !== 'MAINTENANCE_SECRET') throw new Error('secretFromEnv lost its name');
if (typeof deploy.connect !== 'function') throw new Error('connect cannot be required');
if (typeof durable.durableRecipe !== 'function') throw new Error('durableRecipe cannot be required');
console.log('required', manifest.name);
