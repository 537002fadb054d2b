import { connect, deployWithMigration, type ConnectError } from '@graasp/deploy';
import { definition } from './definition.mjs';

// an input that cannot be right never reaches AWS
const refused = await connect({ ...definition, region: '' });
if (refused.isOk()) throw new Error('connect took a definition without a region');
const error: ConnectError = refused.error;
if (error.kind !== 'InvalidInput') throw new Error(`expected InvalidInput, got ${error.kind}: ${error.message}`);
if (deployWithMigration.recipeName !== 'deployWithMigration') throw new Error(`the recipe is named ${deployWithMigration.recipeName}`);
console.log('imported');
