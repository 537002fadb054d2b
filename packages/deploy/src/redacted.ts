const hidden = '[redacted]';

/** A secret that hides itself wherever it is printed: in a template, in JSON, in `console.log`. */
export class Redacted {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The secret itself. Only the call that needs it unwraps it. */
  reveal(): string {
    return this.#value;
  }
  /** The secret with a text before it. */
  with(prefix: string): Redacted {
    return new Redacted(`${prefix}${this.#value}`);
  }
  toString(): string {
    return hidden;
  }
  toJSON(): string {
    return hidden;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden;
  }
}
