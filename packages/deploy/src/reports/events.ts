import type { JsonValue } from '../environment/environment.js';
import type { DeployError, NextAction, Situation } from '../errors.js';
import type { Failure } from './render-failure.js';

/** What happens during a run, as it happens. Plain JSON; no secret is ever in one. */
export type DeployEvent = { readonly at: string; readonly environment: string; readonly runId: string | null } & DeployEventBody;

export type DeployEventBody =
  /** `resumedBy`: what goes on with the run if this process dies; absent where the step is called once more. */
  | { readonly type: 'run-started'; readonly recipe: string; readonly resumed: boolean; readonly steps: readonly string[]; readonly resumedBy?: NextAction | undefined }
  | { readonly type: 'run-succeeded'; readonly recipe: string; readonly seconds: number; readonly summary: string; readonly report?: JsonValue | undefined }
  | { readonly type: 'run-failed'; readonly recipe: string; readonly seconds: number; readonly error: DeployError | { readonly kind: string; readonly message: string; readonly remedy: string }; readonly situation: Situation }
  | { readonly type: 'step-started'; readonly step: string }
  /** `report`: what the step gave, if anything. */
  | { readonly type: 'step-succeeded'; readonly step: string; readonly seconds: number; readonly summary: string; readonly replayed: boolean; readonly report?: JsonValue | undefined }
  | { readonly type: 'step-failed'; readonly step: string; readonly seconds: number; readonly message: string; readonly remedy: string }
  /** A change about to be made, or in a plan one that would be. */
  | { readonly type: 'change'; readonly planned: boolean; readonly resource: string; readonly from: string; readonly to: string; readonly operation: string; readonly why: string }
  | WaitingEvent
  | { readonly type: 'wait-ended'; readonly waitingFor: string; readonly seconds: number }
  | { readonly type: 'log'; readonly source: string; readonly line: string }
  | { readonly type: 'warning'; readonly message: string }
  /** `command`: a line for a shell, which is what the message is about. */
  | { readonly type: 'note'; readonly message: string; readonly command?: string | undefined }
  /** Told by `runScript`, of no run: a signal asked the process to end, and what is under way is being stopped. */
  | { readonly type: 'interrupted'; readonly message: string }
  /** Told by `runScript`, of no run: the script ended in this error, of a run or of what came before any. */
  | { readonly type: 'script-failed'; readonly error: Failure }
  | { readonly type: 'undoing'; readonly why: string }
  | { readonly type: 'hold-set'; readonly reason: string; readonly nextActions: readonly NextAction[] };

/** Emitted when what was observed changed. */
export interface WaitingEvent {
  readonly type: 'waiting';
  readonly waitingFor: string;
  readonly seen: string;
  readonly progress?: number | undefined;
  /** Learnt from earlier journals. */
  readonly usualSeconds?: number | undefined;
  readonly timeoutSeconds: number;
  /** ISO time before which it cannot be over, where that is known … */
  readonly earliestEndAt?: string | undefined;
  /** … and how many seconds that was away when this was emitted. */
  readonly secondsLeft?: number | undefined;
}

/** Renders or forwards events. One that throws or hangs never stops a run. */
export interface Reporter {
  /** What is wrong with how it was made; `connect` refuses it. */
  readonly problems?: readonly string[] | undefined;
  report(event: DeployEvent): void;
  /** Called by `connect` with secrets that are in none of the events: for who writes where others write too, and can hide a text wherever it stands. */
  hide?(secrets: readonly string[]): void;
  /** Called once by `runScript` before the process ends. */
  end?(): void | PromiseLike<void>;
}
