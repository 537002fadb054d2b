import { describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import { recipeParts } from '../runs/define-recipe.js';
import { applyMigration } from './apply-migration.js';
import { deployWithMigration } from './deploy-with-migration.js';
import { deployWithoutMigration } from './deploy-without-migration.js';
import { reopen } from './reopen.js';
import { restoreDb } from './restore-db.js';
import { rollBack } from './roll-back.js';
import { transitionTo } from './transition-to.js';

const recipes = { applyMigration, deployWithMigration, deployWithoutMigration, reopen, restoreDb, rollBack, transitionTo };
type Name = keyof typeof recipes;

const promoting = { ...definition, images: { ...definition.images!, source: { registry: 'public.ecr.aws', repository: 'graasp/graasp' } } };
const { images: _, ...imageless } = definition;
const problems = (name: Name, options: object, of: typeof definition = definition) => recipes[name][recipeParts].validate(of, options as never);
const steps = (name: Name, options: object, of: typeof definition = definition) => recipes[name][recipeParts].steps(options as never, of);

const migrating = ['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled'];
const version = 'v1.0.0';

describe('the steps of a recipe, for those who watch', () => {
  it.each<readonly [Name, object, readonly string[]]>([
    ['applyMigration', { version }, [...migrating, 'start-administration']],
    ['deployWithMigration', { version }, [...migrating, 'deploy-core', 'verify-deployment']],
    ['deployWithMigration', { version, reopen: 'manual' }, [...migrating, 'deploy-core', 'verify-deployment']],
    ['deployWithMigration', { version, reopen: 'when-verified' }, [...migrating, 'deploy-core', 'verify-deployment', 'gate-off']],
    ['deployWithoutMigration', { version, to: 'running' }, ['preflight', 'look', 'deploy-core', 'verify-deployment', 'move-tags', 'gate-off']],
    ['deployWithoutMigration', { version, to: 'restricted' }, ['preflight', 'look', 'gate-on', 'deploy-core', 'verify-deployment', 'move-tags']],
    ['rollBack', { to: version }, ['look', 'deploy-core', 'verify-deployment', 'move-tags']],
    ['reopen', { run: 'r1' }, ['confirm-hold', 'start-services', 'verify-deployment', 'gate-off']],
    ['restoreDb', {}, ['look', 'gate-on', 'stop-services', 'await-unused', 'restore-aside', 'set-aside', 'put-in-place', 'start-administration']],
    // which others there are depends on what is found
    ['transitionTo', { to: 'stopped' }, ['look']],
  ])('%s with %j', (name, options, expected) => {
    expect(steps(name, options)).toEqual(expected);
  });

  it('have those that bring images over after the look, where the definition says from where', () => {
    expect(steps('deployWithoutMigration', { version, to: 'running' }, promoting).slice(0, 3)).toEqual(['preflight', 'promote-image', 'look']);
    expect(steps('deployWithMigration', { version }, promoting).slice(0, 3)).toEqual(['preflight', 'promote-image', 'gate-on']);
  });
});

describe('the options of a recipe', () => {
  it.each<readonly [Name, object]>([
    ['applyMigration', { version, timeoutSeconds: { 'start-administration': 60 } }],
    ['deployWithMigration', { version, reopen: 'manual', timeoutSeconds: { 'gate-off': 60 } }],
    ['deployWithoutMigration', { version, to: 'restricted', calendar: 'warn', timeoutSeconds: { 'move-tags': 60 } }],
    ['rollBack', { to: version, oldCodeFits: true, timeoutSeconds: { 'move-tags': 60 } }],
    ['reopen', { run: 'r1', oldCodeFits: false }],
    ['restoreDb', {}],
    ['restoreDb', { confirm: 'graasp-dev', from: { snapshotId: 'snap' }, acceptLostWrites: true, otherTasks: 'wait', timeoutSeconds: { 'put-in-place': 60 } }],
    ['transitionTo', { to: 'stopped', otherTasks: 'wait', tuneTargetGroups: 'while-gated', timeoutSeconds: { 'settle-scaling': 60 } }],
  ])('%s may be %j', (name, options) => {
    expect(problems(name, options)).toEqual([]);
  });

  it.each<readonly [Name, object, readonly string[]]>([
    [
      'applyMigration',
      { version, reopen: 'manual', timeoutSeconds: { 'deploy-core': 1 } },
      [
        expect.stringMatching(/^reopen: unknown option; known are version, /) as string,
        'timeoutSeconds.deploy-core: expected one of gate-on, await-drained, stop-services, snapshot-db, run-migration, await-db-settled, start-administration',
      ],
    ],
    [
      'deployWithMigration',
      { version, reopen: 'soon', timeoutSeconds: { 'start-administration': 1 } },
      [
        'timeoutSeconds.start-administration: expected one of gate-on, await-drained, stop-services, snapshot-db, run-migration, await-db-settled, deploy-core, verify-deployment, gate-off',
        "reopen: expected 'manual' or 'when-verified', got 'soon' (string)",
      ],
    ],
    [
      'deployWithoutMigration',
      { version: '1', to: 'stopped', calendar: 'ask', timeoutSeconds: { look: 1, preflight: 1, 'gate-on': 0 }, reopen: true },
      [
        "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got '1' (string)",
        "to: expected 'running' or 'restricted', got 'stopped' (string)",
        "calendar: expected 'refuse' or 'warn', got 'ask' (string)",
        'timeoutSeconds.look: expected one of gate-on, deploy-core, verify-deployment, move-tags, gate-off',
        'timeoutSeconds.preflight: expected one of gate-on, deploy-core, verify-deployment, move-tags, gate-off',
        'timeoutSeconds.gate-on: expected a positive number, got 0 (number)',
        'reopen: unknown option; known are version, to, calendar, timeoutSeconds',
      ],
    ],
    [
      'rollBack',
      { to: '1', oldCodeFits: 'yes', timeoutSeconds: { look: 1 }, version },
      [
        "to: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got '1' (string)",
        "oldCodeFits: expected a boolean, got 'yes' (string)",
        'timeoutSeconds.look: expected one of deploy-core, verify-deployment, move-tags',
        'version: unknown option; known are to, oldCodeFits, timeoutSeconds',
      ],
    ],
    [
      'reopen',
      { run: '', oldCodeFits: 1, version },
      ['version: unknown option; known are run, oldCodeFits', "run: expected the identifier of the run that holds the environment, got '' (string)", 'oldCodeFits: expected a boolean, got 1 (number)'],
    ],
    ['reopen', {}, ['run: expected the identifier of the run that holds the environment, got nothing']],
    [
      'restoreDb',
      { confirm: true, acceptLostWrites: 1, otherTasks: 'ask', timeoutSeconds: { look: 1 }, to: 'snap' },
      [
        'to: unknown option; known are confirm, from, acceptLostWrites, otherTasks, timeoutSeconds',
        'confirm: expected the identifier of the instance, got true (boolean)',
        'acceptLostWrites: expected a boolean, got 1 (number)',
        expect.stringMatching(/^otherTasks: expected '.*', got 'ask' \(string\)$/) as string,
        'timeoutSeconds.look: expected one of gate-on, stop-services, await-unused, restore-aside, set-aside, put-in-place, start-administration',
      ],
    ],
    [
      'transitionTo',
      { to: 'open', otherTasks: 'ask', tuneTargetGroups: 'always', timeoutSeconds: { look: 1 } },
      [
        "to: expected 'running' or 'restricted' or 'db-only' or 'stopped', got 'open' (string)",
        expect.stringMatching(/^otherTasks: expected '.*', got 'ask' \(string\)$/) as string,
        "tuneTargetGroups: expected 'while-gated' or 'never', got 'always' (string)",
        'timeoutSeconds.look: expected one of gate-on, stop-services, stop-db, start-db, start-services, open-administration, settle-scaling, verify-deployment, gate-off',
      ],
    ],
  ])('%s may not be %j', (name, options, expected) => {
    expect(problems(name, options)).toEqual(expected);
  });

  it.each<readonly [Name, object]>([
    ['deployWithoutMigration', { version, to: 'running' }],
    ['rollBack', { to: version }],
  ])('%s wants to know where images are', (name, options) => {
    expect(problems(name, options, imageless)).toEqual(['definition: expected images (where the images of a version are), got nothing']);
  });

  it('rollBack wants something that is released', () => {
    const unreleased = { ...definition, services: { redis: definition.services['redis']! } };
    expect(problems('rollBack', { to: version }, unreleased)).toEqual(['definition: expected at least one service with release images, got none']);
  });
});
