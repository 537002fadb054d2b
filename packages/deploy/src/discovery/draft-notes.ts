/** What is said of one place of a draft. */
export interface DraftNote {
  /** `services.web.role`; of something that is not in the draft, where it would be. */
  readonly path: string;
  readonly text: string;
}

/** Collects what is guessed in a draft, and what nobody but a person knows. */
export interface DraftNotes {
  readonly guesses: DraftNote[];
  readonly unknowns: DraftNote[];
  guess(path: string, why: string): void;
  unknown(path: string, question: string): void;
}

export function draftNotes(): DraftNotes {
  const guesses: DraftNote[] = [];
  const unknowns: DraftNote[] = [];
  return { guesses, unknowns, guess: (path, text) => void guesses.push({ path, text }), unknown: (path, text) => void unknowns.push({ path, text }) };
}
