import type { ImageDeclaration, ModelRun } from '@graasp/local-cloud';

/** What is at work in a model database: a vacuum of a table, for so long from the first time that it is asked. */
export interface WorkInDatabase {
  readonly database: string;
  readonly table: string;
  readonly seconds: number;
}

/**
 * The same images, of which those of the migration answer to an `sqlTask` as its command in a real image would (`migrations/sql.mjs`): in model
 * hosts there is no PostgreSQL that could be asked.
 */
export function withDatabaseAtWork(images: readonly ImageDeclaration[], work: WorkInDatabase): readonly ImageDeclaration[] {
  let firstAsked: number | null = null;
  const runs = ({ environment, at }: ModelRun) => {
    const { DEPLOY_SQL, DEPLOY_DATABASES = '' } = environment;
    if (DEPLOY_SQL === undefined) return undefined;
    const seconds = (at - (firstAsked ??= at)) / 1000;
    return { lines: DEPLOY_DATABASES.split(' ').map((database) => JSON.stringify(answer(work, { database, seconds, at }))) };
  };
  return images.map((image) => (image.model?.kind === 'migration' ? { ...image, model: { ...image.model, runs } } : image));
}

function answer(work: WorkInDatabase, { database, seconds, at }: { readonly database: string; readonly seconds: number; readonly at: number }) {
  const [time, own] = [new Date(at).toISOString().replace('Z', '000Z'), database === work.database];
  const vacuum = { pid: 4711, operation: 'vacuum', database: work.database, table: own ? work.table : null, phase: 'scanning heap', done: Math.round(seconds), total: work.seconds, seconds: Math.round(seconds), automatic: true };
  const running = seconds < work.seconds ? [vacuum] : [];
  return { database, at: time, standby: false, seesOthers: true, autovacuum: true, running, transactions: [], waiting: [], due: [], done: [], clients: 0, tables: 12, missed: 0 };
}
