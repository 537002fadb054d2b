import type { EnvironmentState, Failure, NextAction, Situation } from '@graasp/deploy';
import type { FaultName } from './faults';
import type { Scene } from './scene';
import type { RunLook, StepSpan } from './steps';
import type { Lane } from './visitors';

/** Everything that is to be seen of a rehearsal at one moment. Times are milliseconds of the cloud's time. */
export interface Look {
  readonly at: number;
  /** When the first visitor came. */
  readonly openedAt: number;
  /** What is being done; null: nothing. */
  readonly busy: string | null;
  /** People ask, and time passes. Once nothing is being done they go home. */
  readonly peopleCome: boolean;
  readonly run: RunLook | null;
  readonly ending: Ending | null;
  readonly log: readonly LogLine[];
  readonly stepSpans: readonly StepSpan[];
  readonly lanes: readonly Lane[];
  readonly scene: Scene;
  readonly faults: readonly FaultName[];
  /** Those of them that the last failure is of: while they last it would fail once more. */
  readonly causes: readonly FaultName[];
  readonly proof: Proof;
}

/** How what was done last has ended, and what can be done next. */
export type Ending = Succeeded | Failed | LaptopClosed;

export interface Succeeded {
  readonly kind: 'succeeded';
  readonly what: string;
  readonly summary: string;
  /** As it is read once it was done; unknown where that failed. */
  readonly state: EnvironmentState['state'] | 'unknown';
  readonly nextActions: readonly NextAction[];
}

export interface Failed {
  readonly kind: 'failed';
  readonly what: string;
  readonly failure: Failure;
  readonly situation: Situation | null;
  readonly nextActions: readonly NextAction[];
}

export interface LaptopClosed {
  readonly kind: 'laptop-closed';
  /** Where the run was. */
  readonly step: string;
  readonly nextActions: readonly NextAction[];
}

export interface LogLine {
  readonly id: number;
  /** null: it belongs to the lines above it. */
  readonly at: number | null;
  readonly text: string;
  readonly tone: Tone;
}

export type Tone = 'plain' | 'quiet' | 'good' | 'warning' | 'bad';

/** What the cloud itself knows to be true, whatever the release says of itself. */
export interface Proof {
  readonly visits: number;
  /** Visitors' and staff's requests that were answered with an error. */
  readonly failed: number;
  /** Times that code met a schema it does not fit. */
  readonly violations: number;
  /** From the first maintenance page that a visitor saw to the last; 0: there was none. */
  readonly closedSeconds: number;
  /** Calls of AWS, and how many of them it refused because there were too many. */
  readonly calls: number;
  readonly throttled: number;
}
