import type { Environment } from '../../environment/environment.js';
import type { Refused } from '../../errors.js';
import { durationText } from '../../reports/render-event.js';
import { restorePointText } from './restore-point-name.js';
import type { RestoreTarget } from './restore-target.js';
import type { LetIn } from './visitors-since.js';

/** One database on the instance: a restore takes all of them back. */
export interface RestoredDatabase {
  readonly database: string;
  /** Declared services that use it. */
  readonly usedBy: readonly string[];
  /** ISO time. */
  readonly goesBackTo: string;
}

/** What a restore does besides what it is done for. */
export interface Consequences {
  /** Those that the definition and the instance name; whatever else is on the instance goes back as well. */
  readonly databases: readonly RestoredDatabase[];
  readonly doesNotGoBack: readonly string[];
  /** null: no visitor has been let in since. */
  readonly letIn: LetIn | null;
}

export function consequencesOf(env: Environment, target: RestoreTarget, letIn: LetIn | null): Consequences {
  const services = Object.entries(env.definition.services);
  const declared = services.flatMap(([, { databases = [] }]) => databases);
  const names = [...new Set([...declared, ...(target.present.databaseName === null ? [] : [target.present.databaseName])])].sort();
  const unused = services.filter(([, { databases, volatile }]) => databases?.length === 0 && volatile !== true).map(([name]) => name);
  return {
    databases: names.map((database) => ({ database, usedBy: services.filter(([, service]) => service.databases?.includes(database)).map(([name]) => name), goesBackTo: target.databaseTime })),
    doesNotGoBack: [
      'files (what was uploaded since stays, what was deleted since is gone)',
      'search indexes and caches (they know what is no longer in the database)',
      'mail and whatever else was sent',
      ...unused.map((service) => `what service ${service} keeps, which does not use the instance`),
    ],
    letIn,
  };
}

/** What would happen, for somebody who is asked whether it may. */
export function tellConsequences(env: Environment, target: RestoreTarget, { databases, doesNotGoBack, letIn }: Consequences): string {
  const { database } = env.definition;
  const back = databases.map(({ database: name, usedBy }) => `${name}${usedBy.length === 0 ? '' : ` (${usedBy.join(', ')})`}`).join(', ');
  return [
    `Visitors would be kept out, every service that uses ${database} stopped, administration too, and ${restorePointText(target)} restored under its name.`,
    `Every database on the instance would go back to ${target.databaseTime}: ${back === '' ? 'none is declared' : back}, and whatever else is there.`,
    `Not back would go ${doesNotGoBack.join('; ')}.`,
    `The instance in use would be kept as ${target.asideAs}, which nobody reaches and which costs until you delete it; nothing would be deleted.`,
    ...(letIn === null ? [] : [`${tellLetIn(letIn)}: what they wrote would be in ${target.asideAs} alone.`]),
  ].join(' ');
}

function tellLetIn({ since, now, seconds }: LetIn): string {
  return `Visitors have been let in ${now ? 'since' : 'from'} ${since}${now ? '' : ' on'}, ${durationText(seconds)} ago`;
}

/** A restore that is meant says which instance it replaces, and that visitors' writes are lost where there are any. */
export function refuseUnconfirmed(env: Environment, told: string, letIn: LetIn | null, options: { readonly confirm?: string | undefined; readonly acceptLostWrites?: boolean | undefined }): Refused | null {
  const { database } = env.definition;
  if (options.confirm !== database) {
    const got = options.confirm === undefined ? '' : `, got '${options.confirm}'`;
    return {
      kind: 'Refused',
      rule: 'confirm',
      lift: 'confirm',
      message: `restoring ${database} was not confirmed${got}. ${told} Nothing was changed.`,
      remedy: `If that is what you want, call it with confirm: '${database}'${letIn === null ? '' : ' and acceptLostWrites: true'}.`,
    };
  }
  if (letIn === null || options.acceptLostWrites === true) return null;
  return {
    kind: 'Refused',
    rule: 'lost-writes',
    lift: 'acceptLostWrites',
    message: `${tellLetIn(letIn)}: a restore loses what they wrote since ${letIn.since}. ${told} Nothing was changed.`,
    remedy: 'Mend forward if that can be done. If their writes may be lost, pass acceptLostWrites: true besides confirm.',
  };
}
