import type { Media, Problem } from './protocol.ts';

/** The server refused, or could not be reached (`status` 0, code `network`). `detail` says what to do, in words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** The input's field, where one is to blame. */
  readonly field: string | undefined;
  constructor(problem: Pick<Problem, 'code' | 'status' | 'detail' | 'field'>, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options);
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.field = problem.field;
  }
}

/** The part of the browser's `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal?: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'json'>>;

export type ApiOptions = {
  /** Origin of the server, without a trailing slash; '' for the page's own. */
  server: string;
  /** The bearer token; leave out where a cookie signs in. */
  token?: () => Promise<string | undefined>;
  fetch?: Fetch;
};

/** Calls of the HTTP API. Every call rejects with `ApiError`, or with the signal's reason. */
export interface Api {
  /** @param body sent as JSON. Answers the parsed body, undefined for 204. */
  call<T>(method: Method, path: string, body?: unknown, options?: { signal?: AbortSignal }): Promise<T>;
  /** Stores a file to be sent as a message; `onProgress` gets a fraction from 0 to 1. */
  uploadFile(file: File, options?: { onProgress?: (fraction: number) => void; signal?: AbortSignal }): Promise<Media>;
}
export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export function createApi({ server, token, fetch: doFetch = (url, init) => fetch(url, init) }: ApiOptions): Api {
  async function authorization(): Promise<Record<string, string>> {
    const bearer = await token?.();
    return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  }

  return {
    async call(method, path, body, { signal } = {}) {
      const headers = await authorization();
      if (body !== undefined) headers['content-type'] = 'application/json';
      const init = {
        method,
        headers,
        ...(signal && { signal }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      };
      const response = await doFetch(server + path, init).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw networkError(error);
      });
      if (response.status === 204) return undefined as never;
      const answer: unknown = await response.json().catch(() => undefined);
      if (!response.ok || answer === undefined) throw problemOf(response.status, answer);
      return answer as never;
    },
    async uploadFile(file, options = {}) {
      return upload(
        `${server}/api/v1/files?name=${encodeURIComponent(file.name)}`,
        file,
        await authorization(),
        options,
      );
    },
  };
}

/** By XMLHttpRequest, because `fetch` does not tell how far an upload has got. */
function upload(
  url: string,
  file: File,
  headers: Record<string, string>,
  { onProgress, signal }: { onProgress?: (fraction: number) => void; signal?: AbortSignal },
): Promise<Media> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('content-type', file.type || 'application/octet-stream');
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    const abort = () => request.abort();
    signal?.addEventListener('abort', abort);
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    request.onabort = () => reject(signal?.reason);
    request.onerror = () => reject(networkError(undefined));
    request.onload = () => {
      const answer = parseJson(request.responseText);
      if (request.status >= 200 && request.status < 300 && answer !== undefined) resolve(answer as Media);
      else reject(problemOf(request.status, answer));
    };
    request.send(file);
  });
}

function networkError(cause: unknown): ApiError {
  return new ApiError({ code: 'network', status: 0, detail: 'The server could not be reached.' }, { cause });
}

function problemOf(status: number, answer: unknown): ApiError {
  const problem = (answer ?? {}) as Partial<Problem>;
  const { code = `http-${status}`, detail = `The server answered ${status}.`, field } = problem;
  return new ApiError({ code, status, detail, ...(field !== undefined && { field }) });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's error page, for instance: the status has to say it all.
    return undefined;
  }
}
