import { ApiError, createApi } from '@parley/sdk/http.ts';
import { serverWords } from '../words/server-words.ts';

/** The HTTP API of the server that served this page; the session cookie signs in. */
export const api = createApi({ server: '' });

/** What to show a person when a call failed. */
export function problemText(error: unknown): string {
  return error instanceof ApiError ? serverWords(error.detail) : String(error);
}

/** The same to stand at the field that it is about: the server begins with the field's name, which need not be said again. */
export function fieldProblem(error: ApiError): string {
  return serverWords(bare(error));
}

function bare({ field, detail }: ApiError): string {
  const prefix = `${field}: `;
  return detail.startsWith(prefix) ? detail.slice(prefix.length) : detail;
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
