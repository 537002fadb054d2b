import type { RestoreDbReport } from '@graasp/deploy';
import { wrapped } from './wrapped.js';

/**
 * What a way back leaves to be done: by who keeps the infrastructure's code, for other databases, and, where the reporter's word of it is far above
 * by then, here. Nothing for what is no way back.
 */
export function tellWhatIsLeft(report: unknown, json: boolean): unknown {
  const { infrastructure = [], bringOver = [], nextActions = [] } = (report ?? {}) as Partial<RestoreDbReport>;
  const commands = [...infrastructure, ...bringOver];
  if (commands.length + nextActions.length === 0) return report;
  if (json) console.log(JSON.stringify({ type: 'left-to-do', infrastructure, bringOver, nextActions }));
  else if (commands.length > 0) console.log(['', ...commands, '', 'Next:', ...nextActions.flatMap(({ text, command }) => [...wrapped(`  ${text}:`, '  '), `    ${command}`])].join('\n'));
  return report;
}
