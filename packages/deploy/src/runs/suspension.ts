import type { Environment } from '../environment/environment.js';

/** A wait that a run was suspended in. */
export interface SuspendedWait {
  readonly waitingFor: string;
  /** When it began, milliseconds since the epoch: its time goes on while nobody is there. */
  readonly since: number;
  /** What was seen last. */
  readonly seen: string;
  /** Milliseconds since the epoch, where that was known. */
  readonly earliestEnd?: number | undefined;
}

/** Where a run was suspended: what whoever goes on with it needs besides the journal. Plain JSON, and no secret in it. */
export interface SuspendedAt {
  readonly step: string;
  /** Those that were open, side by side. */
  readonly waits: readonly SuspendedWait[];
  /** What was told of the step already. */
  readonly told: Told;
  /** How long it is to be left alone. */
  readonly seconds: number;
}

export interface Told {
  /** source -> how many of its lines */
  readonly lines: Readonly<Record<string, number>>;
  /** Notes and warnings. */
  readonly messages: readonly string[];
}

/**
 * Lets a run leave its process in the middle of a wait. To its store that is a process that has died with its lock marked as suspended, and
 * going on is what `resume` does; a wait that is taken up again keeps its beginning, so that its timeout comes.
 */
export interface Suspension {
  /** What the run that is begun is called: it is known before it begins, so that it is found again whatever happens. */
  readonly run: string;
  /** Who suspends, and alone goes on at once. */
  readonly execution: string;
  /** Where the run was suspended; null for one that is begun. */
  readonly at: SuspendedAt | null;
  /** A wait begins: how it stood when the run was suspended in it. */
  begin(env: Environment, wait: SuspendedWait): SuspendedWait;
  see(waitingFor: string, seen: Pick<SuspendedWait, 'seen' | 'earliestEnd'>): void;
  end(waitingFor: string): void;
  /** Before a wait sleeps: suspends the run if that is due, and never resolves then. */
  pause(env: Environment, pause: { readonly waitingFor: string; readonly ms: number; readonly suspendable: boolean }): Promise<void>;
  /** After a sleep and after a look: never resolves if the run was suspended meanwhile. */
  wakeUp(): Promise<void>;
}
