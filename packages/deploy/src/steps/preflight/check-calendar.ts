import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, describePendingMaintenance, type PendingMaintenanceAction } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { checksOf, found, type PreflightError, timeText } from './check.js';
import { nothingMigrated, type Question } from './question.js';
import { momentsOf, overlap, type Span, windowOf } from './windows.js';

const { ok: right, skip, warning, failed } = checksOf('calendar');

/** Nothing that comes at its own time comes in between, even if everything takes as long as it may. */
export function checkCalendar(env: Environment, question: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const { worstCase, reads } = question;
  return safeTry(async function* () {
    const whole = right('worst case', `over by ${timeText(worstCase.to)} (${worstCase.basis})`);
    const schedules = (env.definition.schedules ?? []).map((schedule) => scheduleCheck(question, schedule));
    // that it cannot be read is told once, with the database
    const instance = yield* found('calendar', 'windows', reads.instance());
    if (instance.isErr()) return ok([whole, skip('windows', 'the instance could not be read'), ...schedules]);
    const maintenance = yield* checkMaintenance(env, question, instance.value);
    return ok([whole, backupWindowCheck(question, instance.value), maintenanceWindowCheck(question, instance.value), maintenance, ...schedules]);
  });
}

/** Refused, or warned of: whoever knows better can say so. */
function comesBetween({ calendar }: Question, name: string, detail: string, remedy: string): PreflightCheck {
  return calendar === 'warn' ? warning(name, detail, remedy) : failed(name, detail, `${remedy} calendar: 'warn' goes on regardless.`);
}

function backupWindowCheck(question: Question, { PreferredBackupWindow: window = '', BackupRetentionPeriod }: DBInstance): PreflightCheck {
  if (question.purpose !== 'migration') return skip('backup window', nothingMigrated);
  if (BackupRetentionPeriod === 0) return skip('backup window', 'automated backups are off');
  return windowCheck(question, { name: 'backup window', window, why: 'no snapshot can be taken during a backup' });
}

function maintenanceWindowCheck(question: Question, { PreferredMaintenanceWindow: window = '' }: DBInstance): PreflightCheck {
  return windowCheck(question, { name: 'maintenance window', window, why: 'AWS may restart the instance in it' });
}

function windowCheck(question: Question, { name, window, why }: { readonly name: string; readonly window: string; readonly why: string }): PreflightCheck {
  const recurrence = windowOf(window);
  if (recurrence === null) return skip(name, window === '' ? 'AWS does not tell it' : `'${window}' is not understood`);
  const met = overlap(question.worstCase, recurrence);
  if (met === null) return right(name, `${window} UTC, not in that time`);
  return comesBetween(question, name, `${window} UTC ${met.from <= question.worstCase.from ? 'is open now' : begins(question, met)}: ${why}`, `Begin after ${timeText(met.to)}, or move the window.`);
}

function begins({ worstCase }: Question, { from }: Span): string {
  return `begins at ${timeText(from)}, and this may last until ${timeText(worstCase.to)}`;
}

function scheduleCheck(question: Question, { name, utc, days }: NonNullable<Environment['definition']['schedules']>[number]): PreflightCheck {
  const check = `schedule ${name}`;
  const [first] = momentsOf(utc, days).flatMap((moment) => overlap(question.worstCase, moment) ?? []).sort((one, other) => one.from - other.from);
  if (first === undefined) return right(check, `${utc} UTC${days === undefined ? '' : ` (${days.join(', ')})`}, not in that time`);
  return comesBetween(question, check, begins(question, first), `Begin after it, or suspend ${name}.`);
}

/** What AWS is about to do to the instance. */
function checkMaintenance(env: Environment, question: Question, instance: DBInstance): ResultAsync<PreflightCheck, PreflightError> {
  return found('calendar', 'pending maintenance', describePendingMaintenance(env, instance)).map((read) => {
    if (read.isErr()) return read.error;
    const pending = read.value;
    if (pending.length === 0) return right('pending maintenance', 'none');
    const window = windowOf(instance.PreferredMaintenanceWindow ?? '');
    const met = window === null ? null : overlap(question.worstCase, window);
    const coming = pending.filter((action) => isApplied(action, question.worstCase, met));
    if (coming.length === 0) return right('pending maintenance', `${pending.map(actionText).join('; ')}: not in that time`);
    return comesBetween(question, 'pending maintenance', `${coming.map(actionText).join('; ')}: AWS applies it before ${timeText(question.worstCase.to)}, until when this may last`, 'Apply it before, or defer it ("Applying updates for a DB instance").');
  });
}

/** "PendingMaintenanceAction": in the first maintenance window after one date, at another date whatever the window, or at once. */
function isApplied({ OptInStatus, AutoAppliedAfterDate, CurrentApplyDate, ForcedApplyDate }: PendingMaintenanceAction, span: Span, window: Span | null): boolean {
  const within = (date: Date | undefined) => date !== undefined && date.getTime() >= span.from && date.getTime() < span.to;
  if (OptInStatus === 'immediate' || within(CurrentApplyDate) || within(ForcedApplyDate)) return true;
  const due = AutoAppliedAfterDate ?? CurrentApplyDate;
  return window !== null && (OptInStatus === 'next-maintenance' || (due !== undefined && due.getTime() < window.to));
}

function actionText({ Action = 'maintenance', CurrentApplyDate, AutoAppliedAfterDate, ForcedApplyDate }: PendingMaintenanceAction): string {
  const at = CurrentApplyDate ?? AutoAppliedAfterDate ?? ForcedApplyDate;
  return at === undefined ? Action : `${Action} (from ${timeText(at.getTime())})`;
}
