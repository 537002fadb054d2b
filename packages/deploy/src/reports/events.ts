import type { DeployError, NextAction, Situation } from '../errors.js';

/** What happens during a run, as it happens. Plain JSON; no secret is ever in one. */
export type DeployEvent = { readonly at: string; readonly environment: string; readonly runId: string | null } & DeployEventBody;

export type DeployEventBody =
  | { readonly type: 'run-started'; readonly recipe: string; readonly resumed: boolean; readonly steps: readonly string[] }
  | { readonly type: 'run-succeeded'; readonly recipe: string; readonly seconds: number; readonly summary: string }
  | { readonly type: 'run-failed'; readonly recipe: string; readonly seconds: number; readonly error: DeployError | { readonly kind: string; readonly message: string; readonly remedy: string }; readonly situation: Situation }
  | { readonly type: 'step-started'; readonly step: string }
  | { readonly type: 'step-succeeded'; readonly step: string; readonly seconds: number; readonly summary: string; readonly replayed: boolean }
  | { readonly type: 'step-failed'; readonly step: string; readonly seconds: number; readonly message: string; readonly remedy: string }
  /** A change about to be made, or in a plan one that would be. */
  | { readonly type: 'change'; readonly planned: boolean; readonly resource: string; readonly from: string; readonly to: string; readonly operation: string; readonly why: string }
  | WaitingEvent
  | { readonly type: 'wait-ended'; readonly waitingFor: string; readonly seconds: number }
  | { readonly type: 'log'; readonly source: string; readonly line: string }
  | { readonly type: 'warning'; readonly message: string }
  /** `command`: a line for a shell, which is what the message is about. */
  | { readonly type: 'note'; readonly message: string; readonly command?: string | undefined }
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
  report(event: DeployEvent): void;
  /** Called once by `runScript` before the process ends. */
  end?(): void | PromiseLike<void>;
}
