import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encryptMessage, readAesKey, signatureOf } from './crypto.ts';
import { type Answer, ok, refusal } from './simulated-answer.ts';
import { createFollowers } from './simulated-followers.ts';
import { createMediaShelf, type KeptMedia } from './simulated-media.ts';
import { createTokens } from './simulated-tokens.ts';

/** How one simulated account is configured; the same words as in the channel's settings. */
export interface SimulatedAccount {
  readonly appId: string;
  readonly appSecret: string;
  readonly originalId: string;
  readonly token: string;
  readonly encodingAesKey: string;
  readonly mode: 'plain' | 'compatible' | 'safe';
}

export interface SimulatorOptions {
  readonly account?: Partial<SimulatedAccount>;
  /** 0 for any free port. */
  readonly port?: number;
  readonly now?: () => number;
  /** How long an access token is valid, in seconds. */
  readonly tokenSeconds?: number;
  /** How long the platform waits for an answer to a callback, and how often it tries. */
  readonly answerWithinMs?: number;
  readonly attempts?: number;
  /** Replies that a user's message allows. */
  readonly repliesPerMessage?: number;
  readonly onSent?: (message: SentMessage) => void;
}

/** A customer-service message as the platform took it. */
export interface SentMessage {
  readonly touser: string;
  readonly msgtype: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What became of one callback. `unavailable`: the user was told 该公众号暂时无法提供服务，请稍后再试. */
export interface PushOutcome {
  readonly attempts: number;
  readonly result: 'accepted' | 'unavailable';
  readonly statuses: readonly (number | 'no answer')[];
}

/** What the next call of the interface meets in place of its normal answer. */
export type Fault =
  | { readonly errcode: number; readonly errmsg?: string }
  | { readonly status: number; readonly body?: string }
  | 'hang'
  | 'reset'
  | 'accept-and-reset';

export interface WechatSimulator extends AsyncDisposable {
  readonly url: string;
  readonly account: SimulatedAccount;
  readonly sent: readonly SentMessage[];
  readonly typing: readonly { touser: string; command: string }[];
  /** Requests by path. */
  readonly counts: Readonly<Record<string, number>>;
  /** The follower writes or does something; the callback goes out as the platform sends it. */
  push(callbackUrl: string, fields: Readonly<Record<string, string | number>>): Promise<PushOutcome>;
  /** The check of the address that the platform makes when an administrator saves it. */
  handshake(callbackUrl: string): Promise<boolean>;
  /** The next calls of a path (or of any) meet these, one after the other. */
  inject(fault: Fault, path?: string): void;
  /** Ends the current access token at once. */
  revokeToken(): void;
  /** Keeps a file as the user's upload; answers its media id. */
  keepMedia(file: KeptMedia): string;
  /** Forgets uploads, as the platform does after three days. */
  forgetMedia(): void;
}

const defaults: SimulatedAccount = {
  appId: 'wxsimulated00001',
  appSecret: 'simulatedsecretsimulatedsecret01',
  originalId: 'gh_simulated01',
  token: 'simulatedtoken',
  encodingAesKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  mode: 'safe',
};
const sendableTypes: ReadonlySet<string> = new Set([
  'text',
  'image',
  'voice',
  'video',
  'music',
  'news',
  'msgmenu',
  'mpnewsarticle',
  'miniprogrampage',
  'wxcard',
]);
const maxTextBytes = 2_048;
const videoPath = '/simulated/video';

/**
 * A stand-in for api.weixin.qq.com on loopback: tokens that expire, uploads, customer-service messages with the
 * platform's own checks, quotas and error codes; callbacks signed and encrypted, repeated when they are not answered.
 */
export async function startWechatSimulator(options: SimulatorOptions = {}): Promise<WechatSimulator> {
  const account = { ...defaults, ...options.account };
  const now = options.now ?? Date.now;
  const media = createMediaShelf(now);
  const followers = createFollowers({ now, repliesPerMessage: options.repliesPerMessage ?? 5 });
  const tokens = createTokens({ account, now, lifetimeMs: (options.tokenSeconds ?? 7_200) * 1_000 });
  const faults: { fault: Fault; path: string | undefined }[] = [];
  const sent: SentMessage[] = [];
  const typing: { touser: string; command: string }[] = [];
  const counts: Record<string, number> = {};
  let messageNo = 24_345_678_901_234_000n;

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base);
    counts[url.pathname] = (counts[url.pathname] ?? 0) + 1;
    const body = await readAll(request);
    const at = faults.findIndex(({ path }) => path === undefined || path === url.pathname);
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
    if (fault === 'hang') return;
    if (fault === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (typeof fault === 'object') {
      meet(fault, response);
      return;
    }
    const answer = await handle(url, request, body);
    if (fault === 'accept-and-reset') request.socket.resetAndDestroy();
    else if ('bytes' in answer) sendFile(response, answer as KeptMedia);
    else json(response, answer as Answer);
  }

  async function handle(url: URL, request: IncomingMessage, body: Buffer): Promise<Answer | KeptMedia> {
    const mediaId = url.searchParams.get('media_id') ?? '';
    if (url.pathname === '/cgi-bin/stable_token') return tokens.issue(parse(body));
    if (url.pathname === videoPath) return media.get(mediaId) ?? refusal(40_007, 'invalid media_id');
    const tokenRefusal = tokens.check(url.searchParams.get('access_token'));
    if (tokenRefusal !== undefined) return tokenRefusal;
    switch (url.pathname) {
      case '/cgi-bin/message/custom/send':
        return takeMessage(parse(body), body);
      case '/cgi-bin/message/custom/typing':
        return takeTyping(parse(body));
      case '/cgi-bin/media/upload':
        return media.upload(url.searchParams.get('type') ?? '', request.headers['content-type'] ?? '', body);
      case '/cgi-bin/media/get':
        return handOut(mediaId);
      default:
        return refusal(40_066, 'invalid url');
    }
  }

  /** Videos lie elsewhere: the interface answers their address. */
  function handOut(mediaId: string): Answer | KeptMedia {
    const file = media.get(mediaId);
    if (file === undefined) return refusal(40_007, 'invalid media_id');
    return file.mimeType.startsWith('video/') ? { video_url: `${base}${videoPath}?media_id=${mediaId}` } : file;
  }

  function takeMessage(body: Record<string, unknown>, raw: Buffer): Answer {
    const { touser, msgtype } = body;
    if (typeof touser !== 'string') return refusal(40_003, 'invalid openid');
    if (typeof msgtype !== 'string' || !sendableTypes.has(msgtype)) return refusal(40_008, 'invalid message type');
    const content = body[msgtype];
    if (typeof content !== 'object' || content === null) return refusal(44_004, 'empty content');
    const no =
      contentRefusal(msgtype, content as Record<string, unknown>, raw, media.has) ?? followers.takeReply(touser);
    if (no !== undefined) return no;
    const message = { touser, msgtype, body };
    sent.push(message);
    options.onSent?.(message);
    return ok;
  }

  function takeTyping({ touser, command }: Record<string, unknown>): Answer {
    if (command !== 'Typing' && command !== 'CancelTyping') return refusal(45_072, 'invalid command');
    const no = followers.takeTyping(String(touser), command);
    if (no !== undefined) return no;
    typing.push({ touser: String(touser), command });
    return ok;
  }

  function signedQuery(extra: Readonly<Record<string, string>>): { query: URLSearchParams; signed: [string, string] } {
    const timestamp = String(Math.floor(now() / 1_000));
    const nonce = String(randomBytes(4).readUInt32BE());
    const signature = signatureOf(account.token, timestamp, nonce);
    return { query: new URLSearchParams({ signature, timestamp, nonce, ...extra }), signed: [timestamp, nonce] };
  }

  function sealed(fields: Readonly<Record<string, string | number>>): { query: URLSearchParams; body: string } {
    const message = `<xml>${xmlOf(fields)}</xml>`;
    const { query, signed } = signedQuery({ openid: String(fields.FromUserName) });
    if (account.mode === 'plain') return { query, body: message };
    const encrypted = encryptMessage(readAesKey(account.encodingAesKey), message, account.appId);
    query.set('encrypt_type', 'aes');
    query.set('msg_signature', signatureOf(account.token, ...signed, encrypted));
    const inClear = account.mode === 'compatible' ? xmlOf(fields) : xmlOf({ ToUserName: account.originalId });
    return { query, body: `<xml>${inClear}<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>` };
  }

  async function push(callbackUrl: string, given: Readonly<Record<string, string | number>>): Promise<PushOutcome> {
    const fields: Record<string, string | number> = {
      ToUserName: account.originalId,
      FromUserName: 'oSimulatedUser',
      CreateTime: Math.floor(now() / 1_000),
      ...given,
    };
    if (fields.MsgType !== 'event' && fields.MsgId === undefined) fields.MsgId = String(++messageNo);
    followers.act(fields);
    const { query, body } = sealed(fields);
    const statuses: (number | 'no answer')[] = [];
    for (let attempt = 1; attempt <= (options.attempts ?? 3); attempt++) {
      const answer = await post(`${callbackUrl}?${query}`, body, options.answerWithinMs ?? 5_000);
      statuses.push(answer?.status ?? 'no answer');
      if (answer?.status !== 200) continue;
      // Anything but an empty body, "success" or a reply makes the user read that the account is out of order.
      const isUnderstood = answer.text === '' || answer.text === 'success' || answer.text.startsWith('<xml>');
      return { attempts: attempt, result: isUnderstood ? 'accepted' : 'unavailable', statuses };
    }
    return { attempts: statuses.length, result: 'unavailable', statuses };
  }

  return {
    url: base,
    account,
    sent,
    typing,
    counts,
    push,
    handshake: async (callbackUrl) => {
      const echostr = String(randomBytes(8).readBigUInt64BE());
      const answer = await fetch(`${callbackUrl}?${signedQuery({ echostr }).query}`).catch(() => undefined);
      return answer?.status === 200 && (await answer.text()) === echostr;
    },
    inject: (fault, path) => {
      faults.push({ fault, path });
    },
    revokeToken: tokens.revoke,
    keepMedia: media.keep,
    forgetMedia: media.clear,
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** What the platform says against a message itself, whoever it goes to. */
function contentRefusal(
  msgtype: string,
  content: Readonly<Record<string, unknown>>,
  raw: Buffer,
  hasMedia: (id: string, type: string) => boolean,
): Answer | undefined {
  switch (msgtype) {
    case 'text':
      if (typeof content.content !== 'string' || content.content === '') return refusal(44_004, 'empty content');
      if (Buffer.byteLength(content.content) > maxTextBytes) return refusal(45_002, 'content size out of limit');
      // Escapes of what is no control character would be counted, and shown by old clients.
      return hasNeedlessEscape(raw.toString('utf8')) ? refusal(40_008, 'escaped text') : undefined;
    case 'image':
    case 'voice':
    case 'video':
      return hasMedia(String(content.media_id), msgtype) ? undefined : refusal(40_007, 'invalid media_id');
    case 'news':
      return Array.isArray(content.articles) && content.articles.length === 1
        ? undefined
        : refusal(45_008, 'article size out of limit');
    case 'msgmenu':
      return Array.isArray(content.list) && content.list.length > 0 ? undefined : refusal(44_004, 'empty menu');
    default:
      return undefined;
  }
}

/** `\u….` in the JSON as it was sent, where it stands for a character that needs no escape. */
function hasNeedlessEscape(text: string): boolean {
  return [...text.matchAll(/\\(?:u([0-9a-f]{4})|.)/gi)].some(([, code]) => code !== undefined && code >= '0020');
}

function meet(fault: Exclude<Fault, string>, response: ServerResponse): void {
  if ('errcode' in fault) json(response, { errcode: fault.errcode, errmsg: fault.errmsg ?? 'injected' });
  else {
    const { status, body = '<html>bad gateway</html>' } = fault;
    const type = body.startsWith('{') ? 'application/json' : 'text/html';
    response.writeHead(status, { 'content-type': type }).end(body);
  }
}

function sendFile(response: ServerResponse, { bytes, mimeType, fileName }: KeptMedia): void {
  response
    .writeHead(200, { 'content-type': mimeType, 'content-disposition': `attachment; filename="${fileName}"` })
    .end(bytes);
}

/** Texts as CDATA; an end mark within a text is spread over two of them. */
function xmlOf(fields: Readonly<Record<string, string | number>>): string {
  const textOf = (name: string, value: string | number) =>
    typeof value === 'number' || name === 'MsgId' ? value : `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${textOf(name, value)}</${name}>`)
    .join('');
}

async function post(
  url: string,
  body: string,
  withinMs: number,
): Promise<{ status: number; text: string } | undefined> {
  try {
    const headers = { 'content-type': 'text/xml' };
    const answer = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(withinMs) });
    return { status: answer.status, text: await answer.text() };
  } catch {
    // No connection or no answer in time: to the platform both are the same.
    return undefined;
  }
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function json(response: ServerResponse, body: Answer): void {
  response.writeHead(200, { 'content-type': 'application/json; encoding=utf-8' }).end(JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
