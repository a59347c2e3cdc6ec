/** The one table from a refusal's public code to its HTTP status. Codes are stable: clients branch on them. */
export const statusOf = {
  'bad-request': 400,
  'content-invalid': 400,
  'settings-invalid': 400,
  'cursor-invalid': 400,
  'signature-missing': 401,
  'signature-wrong': 401,
  'signature-stale': 401,
  unauthorized: 401,
  'login-failed': 401,
  forbidden: 403,
  'origin-forbidden': 403,
  'not-found': 404,
  'conversation-closed': 409,
  conflict: 409,
  'capacity-reached': 409,
  'against-rule': 409,
  'worse-than-live': 409,
  'replay-needed': 409,
  'body-too-large': 413,
  'frame-too-large': 413,
  'type-unsupported': 415,
  'too-many-requests': 429,
  unavailable: 503,
} as const;
export type RefusalCode = keyof typeof statusOf;

/** A request that we refuse. Nothing has changed. `code` is public and stable; `message` says what, where, what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** The input's field, where one is to blame. */
  readonly field: string | undefined;
  /** When it is worth asking again (429, 503). */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: RefusalCode,
    message: string,
    options: ErrorOptions & { field?: string; retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
  }
  get status(): number {
    return statusOf[this.code];
  }
}

/** Why something failed that went on by itself, as whoever asked for it is told. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
}

/** @param broken what is said of what is no refusal */
export function problemOf(error: unknown, broken: string): Problem {
  return error instanceof Refusal ? { code: error.code, detail: error.message } : { code: 'internal', detail: broken };
}
