const minuteMs = 60_000;

export const codeMinutes = 10;
/** What holds of every one-time code. */
export const codeLaw = {
  expiresAfterMs: codeMinutes * minuteMs,
  mostTries: 5,
  /** Codes within the window, for a contact and for an address. */
  mostCodes: 3,
  windowMs: 60 * minuteMs,
} as const;
