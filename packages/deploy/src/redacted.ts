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

/** The same JSON with every occurrence of a secret hidden: whatever leaves the library passes through here. */
export function withoutSecrets<T>(secrets: readonly Redacted[], value: T): T {
  const texts = secrets.map((secret) => secret.reveal()).filter((text) => text !== '');
  return texts.length === 0 ? value : (hide(texts, value) as T);
}

function hide(texts: readonly string[], value: unknown): unknown {
  if (typeof value === 'string') return texts.reduce((text, secret) => text.replaceAll(secret, hidden), value);
  if (Array.isArray(value)) return value.map((item) => hide(texts, item));
  if (typeof value !== 'object' || value === null || value instanceof Redacted) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(texts, item)]));
}
