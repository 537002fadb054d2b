import { connect, deployWithMigration, type ConnectError } from '@graasp/deploy';
import { durableRecipe } from '@graasp/deploy/durable';
import { definition } from './definition.mjs';

// an input that cannot be right never reaches AWS
const refused = await connect({ ...definition, region: '' });
if (refused.isOk()) throw new Error('connect took a definition without a region');
const error: ConnectError = refused.error;
if (error.kind !== 'InvalidInput') throw new Error(`expected InvalidInput, got ${error.kind}: ${error.message}`);
if (deployWithMigration.recipeName !== 'deployWithMigration') throw new Error(`the recipe is named ${deployWithMigration.recipeName}`);
// the entry of its own goes by the same recipes, and needs no SDK of Lambda's
const failed = await durableRecipe(deployWithMigration, () => connect(definition))({ version: 'v1.0.0' }, {} as never).catch((cause: Error) => cause);
if (!(failed instanceof Error) || failed.name !== 'InvalidInput') throw new Error('durableRecipe took a context of no durable function');
console.log('imported');
