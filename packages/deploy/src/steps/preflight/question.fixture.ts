import { errAsync, okAsync } from 'neverthrow';
import type { Service, TaggedTaskDefinition } from '../../aws/ecs.js';
import type { DBInstance } from '../../aws/rds.js';
import type { NotFound } from '../../errors.js';
import type { ImageInUse } from '../version-in-use.js';
import type { Question } from './question.js';

/** What AWS has read, for the checks of one group. What is null cannot be read. */
export interface FoundByReads {
  readonly services?: readonly Service[] | null;
  readonly definitions?: Readonly<Record<string, TaggedTaskDefinition>>;
  readonly images?: readonly ImageInUse[];
  readonly instance?: DBInstance | null;
}

/** A migration that may last from 10:00 to 11:00 of a Monday. */
export function question({ services = [], definitions = {}, images = [], instance = {} }: FoundByReads, changes: Partial<Question> = {}): Question {
  const from = Date.parse('2026-11-23T10:00:00Z');
  return {
    purpose: 'migration',
    version: 'v1.54.8',
    warm: false,
    otherTasks: 'refuse',
    calendar: 'refuse',
    retryMigration: false,
    worstCase: { from, to: from + 3_600_000, basis: 'an hour' },
    reads: {
      services: () => (services === null ? errAsync(missing('services')) : okAsync(services)),
      taskDefinition: (name) => (definitions[name] === undefined ? errAsync(missing(`task definition ${name}`)) : okAsync(definitions[name])),
      imagesInUse: () => okAsync(images),
      instance: () => (instance === null ? errAsync(missing('database instance')) : okAsync(instance)),
    },
    ...changes,
  };
}

function missing(name: string): NotFound {
  return { kind: 'NotFound', resource: name, name, region: 'eu-central-1', accountId: '123456789012', message: `${name} does not exist`, remedy: 'Create it.' };
}
