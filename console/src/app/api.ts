import { ApiError, createApi } from '@parley/sdk/http.ts';

/** The HTTP API of the server that served this page; the session cookie signs in. */
export const api = createApi({ server: '' });

/** What to show a person when a call failed. */
export function problemText(error: unknown): string {
  return error instanceof ApiError ? error.detail : String(error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
