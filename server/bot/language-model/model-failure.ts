/**
 * Why a language model's server gave no answer that is of use. `busy`: it asks us to come later; `broken`: its answer ended
 * before it was whole; `too-long`: it does not end; `address-refused`: our own guard does not let us go there.
 */
export const failureKinds = [
  'address-refused',
  'unreachable',
  'key-refused',
  'no-such-model',
  'request-refused',
  'busy',
  'server-error',
  'timed-out',
  'wrong-answer',
  'broken',
  'too-long',
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** The server failed us. The message is for administrators: it names no text, and no secret. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  readonly kind: FailureKind;
  /** When the server said that it is worth asking again. */
  readonly retryAfterMs: number | undefined;
  constructor(kind: FailureKind, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Nothing was computed, or nothing that came of it was handed on: asking again has the effect of once. */
const worthAnotherTry: ReadonlySet<FailureKind> = new Set(['unreachable', 'busy', 'server-error']);

export function isWorthAnotherTry(error: unknown): error is ModelFailure {
  return error instanceof ModelFailure && worthAnotherTry.has(error.kind);
}
