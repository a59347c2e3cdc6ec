/** An answer of the simulated interface; `errcode` 0 or absent is success. */
export type Answer = Readonly<Record<string, unknown>>;

export const ok: Answer = { errcode: 0, errmsg: 'ok' };

export function refusal(errcode: number, errmsg: string): Answer {
  return { errcode, errmsg };
}
