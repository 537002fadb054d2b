import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import { consequencesOf, refuseUnconfirmed, tellConsequences } from './consequences.js';
import { restoreTarget } from './restore-target.fixture.js';

const present = restoreTarget().present;
const services = {
  graasp: { ...definition.services['graasp']!, databases: ['shop', 'etherpad'] },
  etherpad: { role: 'application', desiredCount: 1, databases: ['etherpad'] },
  search: { role: 'application', desiredCount: 1, databases: [] },
  redis: { role: 'application', desiredCount: 1, databases: [], volatile: true },
  admin: { role: 'administration', desiredCount: 1 },
} as const;
const env = testEnvironment({ definition: { ...definition, services } });
const target = restoreTarget({ present: { ...present, databaseName: 'shop' } });
const letIn = { since: '2026-11-23T09:30:00.000Z', now: true, seconds: 1800 };

describe('consequencesOf', () => {
  it('names every database that goes back, who uses it, and what does not go back with it', () => {
    expect(consequencesOf(env, target, letIn)).toEqual({
      databases: [
        { database: 'etherpad', usedBy: ['graasp', 'etherpad'], goesBackTo: '2026-11-23T09:00:00.000Z' },
        { database: 'shop', usedBy: ['graasp'], goesBackTo: '2026-11-23T09:00:00.000Z' },
      ],
      doesNotGoBack: [
        'files (what was uploaded since stays, what was deleted since is gone)',
        'search indexes and caches (they know what is no longer in the database)',
        'mail and whatever else was sent',
        'what service search keeps, which does not use the instance',
      ],
      letIn,
    });
  });

  it('names the database of the instance where no service declares one', () => {
    expect(consequencesOf(testEnvironment(), target, null)).toMatchObject({ databases: [{ database: 'shop', usedBy: [] }], letIn: null });
    expect(consequencesOf(testEnvironment(), restoreTarget({ present }), null).databases).toEqual([]);
  });
});

describe('tellConsequences', () => {
  it('tells what would happen, in sentences', () => {
    expect(tellConsequences(env, target, consequencesOf(env, target, letIn))).toBe(
      'Visitors would be kept out, every service that uses graasp-dev stopped, administration too, and snapshot snap restored under its name. ' +
        'Every database on the instance would go back to 2026-11-23T09:00:00.000Z: etherpad (graasp, etherpad), shop (graasp), and whatever else is there. ' +
        'Not back would go files (what was uploaded since stays, what was deleted since is gone); search indexes and caches (they know what is no longer in the database); mail and whatever else was sent; what service search keeps, which does not use the instance. ' +
        'The instance in use would be kept as graasp-dev-before-run-1, which nobody reaches and which costs until you delete it; nothing would be deleted. ' +
        'Visitors have been let in since 2026-11-23T09:30:00.000Z, 30 min 00 s ago: what they wrote would be in graasp-dev-before-run-1 alone.',
    );
  });

  it('says nothing of visitors who were not let in, and so of databases that nobody declares', () => {
    const told = tellConsequences(env, target, { databases: [], doesNotGoBack: ['mail'], letIn: null });
    expect(told).toContain('2026-11-23T09:00:00.000Z: none is declared, and whatever else is there. Not back would go mail. ');
    expect(told).toMatch(/nothing would be deleted\.$/);
    expect(tellConsequences(env, target, { databases: [{ database: 'shop', usedBy: [], goesBackTo: '' }], doesNotGoBack: [], letIn: { ...letIn, now: false } })).toContain(
      ': shop, and whatever else is there. Not back would go . The instance in use would be kept as graasp-dev-before-run-1, which nobody reaches and which costs until you delete it; nothing would be deleted. Visitors have been let in from 2026-11-23T09:30:00.000Z on, 30 min 00 s ago:',
    );
  });
});

describe('refuseUnconfirmed', () => {
  it('wants the name of the instance, as it is', () => {
    const base = { kind: 'Refused', rule: 'confirm', lift: 'confirm' };
    expect(refuseUnconfirmed(env, 'All of it goes back.', null, {})).toEqual({ ...base, message: 'restoring graasp-dev was not confirmed. All of it goes back. Nothing was changed.', remedy: "If that is what you want, call it with confirm: 'graasp-dev'." });
    expect(refuseUnconfirmed(env, 'All of it goes back.', letIn, { confirm: 'graasp', acceptLostWrites: true })).toEqual({
      ...base,
      message: "restoring graasp-dev was not confirmed, got 'graasp'. All of it goes back. Nothing was changed.",
      remedy: "If that is what you want, call it with confirm: 'graasp-dev' and acceptLostWrites: true.",
    });
  });

  it('wants it said that visitors’ writes are lost, where some were let in', () => {
    expect(refuseUnconfirmed(env, 'All of it goes back.', letIn, { confirm: 'graasp-dev' })).toEqual({
      kind: 'Refused',
      rule: 'lost-writes',
      lift: 'acceptLostWrites',
      message: 'Visitors have been let in since 2026-11-23T09:30:00.000Z, 30 min 00 s ago: a restore loses what they wrote since 2026-11-23T09:30:00.000Z. All of it goes back. Nothing was changed.',
      remedy: 'Mend forward if that can be done. If their writes may be lost, pass acceptLostWrites: true besides confirm.',
    });
    expect(refuseUnconfirmed(env, '', letIn, { confirm: 'graasp-dev', acceptLostWrites: true })).toBeNull();
    expect(refuseUnconfirmed(env, '', null, { confirm: 'graasp-dev' })).toBeNull();
  });
});
