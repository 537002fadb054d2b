import { ok, okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { umamiOf, type UmamiTrouble } from '../../umami/active-visitors.js';
import { checksOf } from './check.js';
import { nothingMigrated, type Question } from './question.js';

const { ok: right, skip, warning } = checksOf('gate');

/** Umami, which `awaitDrained` asks later, lets the user in and shows the website. It never ends a release, so what is wrong with it is a warning. */
export function checkUmami(env: Environment, { purpose }: Question): ResultAsync<readonly PreflightCheck[], never> {
  const umami = umamiOf(env);
  if (umami === null) return okAsync([skip('umami', 'the definition names none: requests alone tell whether visitors have left')]);
  if (purpose !== 'migration') return okAsync([skip('umami', nothingMigrated)]);
  return umami
    .activeVisitors()
    .map((active) => [right('umami', `shows the website: ${active} active ${active === 1 ? 'visitor' : 'visitors'}`)])
    .orElse((trouble) => ok([troubleCheck(trouble)]));
}

function troubleCheck({ problem, lasting }: UmamiTrouble): PreflightCheck {
  const remedy = lasting ? 'Correct umami.username, umami.password or umami.websiteId, or let that user see the website.' : 'Start it, or see that it can be reached from here and that its own rule stays open in maintenance.';
  return warning('umami', `${problem}; the balancer's metrics alone would decide whether visitors have left`, remedy);
}
