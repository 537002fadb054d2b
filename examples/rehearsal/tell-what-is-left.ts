import type { RestoreDbReport } from '@graasp/deploy';

/**
 * What a way back leaves to be done: by who keeps the infrastructure's code, for other databases, and here. Nothing for what is no way back; what
 * is next here, the reporter has told.
 */
export function tellWhatIsLeft(report: unknown, json: boolean): unknown {
  const { infrastructure = [], bringOver = [], nextActions = [] } = (report ?? {}) as Partial<RestoreDbReport>;
  const commands = [...infrastructure, ...bringOver];
  if (commands.length + nextActions.length === 0) return report;
  if (json) console.log(JSON.stringify({ type: 'left-to-do', infrastructure, bringOver, nextActions }));
  else if (commands.length > 0) console.log(['', ...commands].join('\n'));
  return report;
}
