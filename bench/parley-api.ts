/** Calls Parley's HTTP API as one person. */
export interface ParleyApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/**
 * @param token absent for what needs none
 * @returns calls throw with the problem document's own words
 */
export function parleyApi(port: number, token?: string): ParleyApi {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  async function call<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }
  return {
    get: (path) => call(path, { headers: authorization }),
    post: (path, body) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: JSON.stringify(body),
      }),
  };
}

/** Signs an agent in; the administrator is one. */
export async function signIn(port: number, account: { email: string; password: string }): Promise<string> {
  const { token } = await parleyApi(port).post<{ token: string }>('/api/v1/login', account);
  return token;
}

/** Tokens of new visitors of the first web channel, made `atOnce` at a time. */
export async function makeVisitors(port: number, adminToken: string, count: number, atOnce = 50): Promise<string[]> {
  const channels = await parleyApi(port, adminToken).get<{ items: { id: string; type: string }[] }>('/api/v1/channels');
  const channelId = channels.items.find((channel) => channel.type === 'web')?.id;
  const tokens: string[] = [];
  while (tokens.length < count) {
    const missing = Math.min(atOnce, count - tokens.length);
    const sessions = Array.from({ length: missing }, () =>
      parleyApi(port).post<{ visitorToken: string }>('/api/v1/visitor/sessions', { channelId }),
    );
    for (const session of await Promise.all(sessions)) tokens.push(session.visitorToken);
  }
  return tokens;
}
