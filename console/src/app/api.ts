import { ApiError, createApi } from '@parley/sdk/http.ts';
import { problemWords, problemWordsAt } from '../words/problems.ts';

/** The HTTP API of the server that served this page; the session cookie signs in. */
export const api = createApi({ server: '' });

/** What to show a person when a call failed, in their language. */
export function problemText(error: unknown): string {
  return error instanceof ApiError ? problemWords(error) : String(error);
}

/** The same to stand at the field that it is about. */
export function fieldProblem(error: ApiError): string {
  return problemWordsAt(error.field ?? '', error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
