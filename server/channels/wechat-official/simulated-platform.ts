import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { encryptMessage, readAesKey, signatureOf } from './crypto.ts';

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
export type Fault = { readonly errcode: number } | { readonly status: number } | 'hang' | 'reset' | 'accept-and-reset';

export interface WechatSimulator extends AsyncDisposable {
  readonly url: string;
  readonly account: SimulatedAccount;
  readonly sent: readonly SentMessage[];
  readonly typing: readonly { touser: string; command: string }[];
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
  keepMedia(file: { bytes: Uint8Array; mimeType: string; fileName: string }): string;
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

const uploadLimits: Readonly<Record<string, number>> = {
  image: 10_485_760,
  voice: 2_097_152,
  video: 10_485_760,
  thumb: 65_536,
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

/**
 * A stand-in for api.weixin.qq.com on loopback: tokens that expire, uploads, customer-service messages with the
 * platform's own checks, quotas and error codes; callbacks signed and encrypted, repeated when they are not answered.
 */
export async function startWechatSimulator(options: SimulatorOptions = {}): Promise<WechatSimulator> {
  const account = { ...defaults, ...options.account };
  const now = options.now ?? Date.now;
  const media = new Map<string, { bytes: Uint8Array; mimeType: string; fileName: string }>();
  const allowance = new Map<string, number>();
  const faults: { fault: Fault; path: string | undefined }[] = [];
  const sent: SentMessage[] = [];
  const typing: { touser: string; command: string }[] = [];
  const counts: Record<string, number> = {};
  let current: { value: string; expiresAt: number } | undefined;
  let messageNo = 24_345_678_901_234_000n;

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
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
      if ('status' in fault) response.writeHead(fault.status).end('<html>bad gateway</html>');
      else json(response, { errcode: fault.errcode, errmsg: 'injected' });
      return;
    }
    const answer = await handle(url, request, body);
    if (fault === 'accept-and-reset') request.socket.resetAndDestroy();
    else if (answer instanceof Media) response.writeHead(200, answer.headers).end(answer.bytes);
    else json(response, answer);
  }

  async function handle(url: URL, request: IncomingMessage, body: Buffer): Promise<object> {
    if (url.pathname === '/cgi-bin/stable_token') return issueToken(parse(body));
    const refusal = checkToken(url.searchParams.get('access_token'));
    if (refusal !== undefined) return refusal;
    switch (url.pathname) {
      case '/cgi-bin/message/custom/send':
        return takeMessage(parse(body), body);
      case '/cgi-bin/message/custom/typing':
        return takeTyping(parse(body));
      case '/cgi-bin/media/upload':
        return upload(url.searchParams.get('type') ?? '', request, body);
      case '/cgi-bin/media/get': {
        const file = media.get(url.searchParams.get('media_id') ?? '');
        return file === undefined ? error(40_007, 'invalid media_id') : new Media(file);
      }
      default:
        return error(40_066, 'invalid url');
    }
  }

  function issueToken(body: Record<string, unknown>): object {
    if (body.grant_type !== 'client_credential') return error(40_002, 'invalid grant_type');
    if (body.appid !== account.appId) return error(40_013, 'invalid appid');
    if (body.secret !== account.appSecret) return error(40_125, 'invalid appsecret');
    const lifetimeMs = (options.tokenSeconds ?? 7_200) * 1_000;
    // The same token until shortly before its end: that is what "stable" says.
    if (current === undefined || current.expiresAt <= now()) {
      current = { value: randomBytes(48).toString('base64url'), expiresAt: now() + lifetimeMs };
    }
    return { access_token: current.value, expires_in: Math.ceil((current.expiresAt - now()) / 1_000) };
  }

  function checkToken(given: string | null): object | undefined {
    if (given === null || given === '') return error(41_001, 'access_token missing');
    if (current === undefined || given !== current.value)
      return error(40_001, 'invalid credential, access_token is invalid or not latest');
    return current.expiresAt <= now() ? error(42_001, 'access_token expired') : undefined;
  }

  function takeMessage(body: Record<string, unknown>, raw: Buffer): object {
    const { touser, msgtype } = body;
    if (typeof touser !== 'string' || !allowance.has(touser)) return error(40_003, 'invalid openid');
    if (typeof msgtype !== 'string' || !sendableTypes.has(msgtype)) return error(40_008, 'invalid message type');
    const content = body[msgtype];
    if (typeof content !== 'object' || content === null) return error(44_004, 'empty content');
    const refusal = checkContent(msgtype, content as Record<string, unknown>, raw);
    if (refusal !== undefined) return refusal;
    const left = allowance.get(touser) ?? 0;
    if (left <= 0) return error(45_047, 'out of response count limit');
    allowance.set(touser, left - 1);
    const message = { touser, msgtype, body };
    sent.push(message);
    options.onSent?.(message);
    return { errcode: 0, errmsg: 'ok' };
  }

  function checkContent(msgtype: string, content: Record<string, unknown>, raw: Buffer): object | undefined {
    if (msgtype === 'text') {
      if (typeof content.content !== 'string' || content.content === '') return error(44_004, 'empty content');
      if (Buffer.byteLength(content.content) > maxTextBytes) return error(45_002, 'content size out of limit');
      // Escapes would be counted, and shown by old clients.
      if (/\\u[0-9a-f]{4}/i.test(raw.toString('utf8')) && !/[\p{Cc}]/u.test(content.content))
        return error(40_008, 'escaped text');
    }
    if (['image', 'voice', 'video'].includes(msgtype) && !media.has(String(content.media_id)))
      return error(40_007, 'invalid media_id');
    if (msgtype === 'news' && (!Array.isArray(content.articles) || content.articles.length !== 1))
      return error(45_008, 'article size out of limit');
    if (msgtype === 'msgmenu' && (!Array.isArray(content.list) || content.list.length === 0))
      return error(44_004, 'empty menu');
    return undefined;
  }

  function takeTyping(body: Record<string, unknown>): object {
    const { touser, command } = body;
    if (typeof touser !== 'string' || !allowance.has(touser)) return error(45_080, 'no interaction');
    if (command !== 'Typing' && command !== 'CancelTyping') return error(45_072, 'invalid command');
    typing.push({ touser, command });
    return { errcode: 0, errmsg: 'ok' };
  }

  async function upload(type: string, request: IncomingMessage, body: Buffer): Promise<object> {
    const limit = uploadLimits[type];
    if (limit === undefined) return error(40_004, 'invalid media type');
    const form = await new Response(Uint8Array.from(body), {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    })
      .formData()
      .catch(() => undefined);
    const file = form?.get('media');
    if (!(file instanceof File)) return error(41_005, 'media data missing');
    if (file.size > limit) return error(40_006, 'invalid media size');
    const id = keepMedia({ bytes: new Uint8Array(await file.arrayBuffer()), mimeType: file.type, fileName: file.name });
    return { type, [type === 'thumb' ? 'thumb_media_id' : 'media_id']: id, created_at: Math.floor(now() / 1_000) };
  }

  function keepMedia(file: { bytes: Uint8Array; mimeType: string; fileName: string }): string {
    const id = randomBytes(24).toString('base64url');
    media.set(id, file);
    return id;
  }

  function sealed(fields: Readonly<Record<string, string | number>>): { query: URLSearchParams; body: string } {
    const message = `<xml>${xmlOf(fields)}</xml>`;
    const timestamp = String(Math.floor(now() / 1_000));
    const nonce = String(randomBytes(4).readUInt32BE());
    const query = new URLSearchParams({
      signature: signatureOf(account.token, timestamp, nonce),
      timestamp,
      nonce,
      openid: String(fields.FromUserName),
    });
    if (account.mode === 'plain') return { query, body: message };
    const encrypted = encryptMessage(readAesKey(account.encodingAesKey), message, account.appId);
    query.set('encrypt_type', 'aes');
    query.set('msg_signature', signatureOf(account.token, timestamp, nonce, encrypted));
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
    if (fields.Event === 'unsubscribe') allowance.delete(String(fields.FromUserName));
    else allowance.set(String(fields.FromUserName), fields.MsgType === 'event' ? 3 : (options.repliesPerMessage ?? 5));
    const { query, body } = sealed(fields);
    const statuses: (number | 'no answer')[] = [];
    for (let attempt = 1; attempt <= (options.attempts ?? 3); attempt++) {
      const answer = await post(`${callbackUrl}?${query.toString()}`, body, options.answerWithinMs ?? 5_000);
      statuses.push(answer?.status ?? 'no answer');
      if (answer?.status !== 200) continue;
      // Anything but an empty body, "success" or a reply makes the user read that the account is out of order.
      const isUnderstood = answer.text === '' || answer.text === 'success' || answer.text.startsWith('<xml>');
      return { attempts: attempt, result: isUnderstood ? 'accepted' : 'unavailable', statuses };
    }
    return { attempts: statuses.length, result: 'unavailable', statuses };
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account,
    sent,
    typing,
    counts,
    push,
    handshake: async (callbackUrl) => {
      const timestamp = String(Math.floor(now() / 1_000));
      const nonce = String(randomBytes(4).readUInt32BE());
      const echostr = String(randomBytes(8).readBigUInt64BE());
      const query = new URLSearchParams({
        signature: signatureOf(account.token, timestamp, nonce),
        timestamp,
        nonce,
        echostr,
      });
      const answer = await fetch(`${callbackUrl}?${query.toString()}`);
      return answer.status === 200 && (await answer.text()) === echostr;
    },
    inject: (fault, path) => {
      faults.push({ fault, path });
    },
    revokeToken: () => {
      current = undefined;
    },
    keepMedia,
    forgetMedia: () => media.clear(),
    [Symbol.asyncDispose]: () => close(server),
  };
}

class Media {
  readonly bytes: Uint8Array;
  readonly headers: Record<string, string>;
  constructor(file: { bytes: Uint8Array; mimeType: string; fileName: string }) {
    this.bytes = file.bytes;
    this.headers = { 'content-type': file.mimeType, 'content-disposition': `attachment; filename="${file.fileName}"` };
  }
}

function xmlOf(fields: Readonly<Record<string, string | number>>): string {
  return Object.entries(fields)
    .map(
      ([name, value]) =>
        `<${name}>${typeof value === 'number' || name === 'MsgId' ? value : `<![CDATA[${value}]]>`}</${name}>`,
    )
    .join('');
}

async function post(
  url: string,
  body: string,
  withinMs: number,
): Promise<{ status: number; text: string } | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/xml' },
      signal: AbortSignal.timeout(withinMs),
    });
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

function error(errcode: number, errmsg: string): object {
  return { errcode, errmsg };
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json; encoding=utf-8' }).end(JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const help = `Type a line: the follower writes it. Commands:
  /image              the follower sends a picture
  /event subscribe    an event (subscribe, unsubscribe, SCAN key, CLICK key, VIEW url)
  /error 45047        the next call of the interface is answered with this code
  /hang  /reset       the next call gets no answer; its connection breaks
  /as NAME            another follower writes from now on
  /revoke             the access token ends
  /help  /quit
`;

/** `npm run sim -- wechat-official --callback URL [--port 9100] [--mode safe]`: the platform by hand. */
export async function runSimulator(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      callback: { type: 'string' },
      port: { type: 'string', default: '9100' },
      mode: { type: 'string', default: 'safe' },
    },
  });
  const { callback, mode } = values;
  if (callback === undefined || !['plain', 'compatible', 'safe'].includes(mode)) {
    process.stderr.write(
      'usage: npm run sim -- wechat-official --callback http://127.0.0.1:8080/hooks/<channel id> [--port 9100] [--mode plain|compatible|safe]\n',
    );
    process.exitCode = 2;
    return;
  }
  const simulator = await startWechatSimulator({
    port: Number(values.port),
    account: { mode: mode as SimulatedAccount['mode'] },
    onSent: ({ touser, msgtype, body }) =>
      process.stdout.write(`  → to ${touser}: ${msgtype} ${JSON.stringify(body[msgtype])}\n`),
  });
  const { account } = simulator;
  process.stdout.write(`The simulated platform runs. Settings for the channel's form:
  API address     ${simulator.url}
  AppID           ${account.appId}
  AppSecret       ${account.appSecret}
  Token           ${account.token}
  EncodingAESKey  ${account.encodingAesKey}
  Message mode    ${account.mode}
  Original id     ${account.originalId}

${help}`);
  try {
    await converse(simulator, callback);
  } finally {
    await simulator[Symbol.asyncDispose]();
  }
}

/** What is typed is what the follower does, until the end of the input. */
async function converse(simulator: WechatSimulator, callback: string): Promise<void> {
  let follower = 'oSimulatedUser';
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    const [command = '', ...rest] = line.trim().split(' ');
    if (command === '') continue;
    if (command === '/quit') break;
    if (command === '/as') follower = rest[0] ?? follower;
    else if (command === '/revoke') simulator.revokeToken();
    else if (command === '/hang' || command === '/reset') simulator.inject(command === '/hang' ? 'hang' : 'reset');
    else if (command === '/error') simulator.inject({ errcode: Number(rest[0]) });
    else if (command === '/help') process.stdout.write(help);
    else report(await simulator.push(callback, { FromUserName: follower, ...fieldsOf(line.trim(), simulator) }));
  }
  lines.close();
}

function fieldsOf(line: string, simulator: WechatSimulator): Record<string, string> {
  const [command, event = '', key = ''] = line.split(' ');
  if (command === '/event') return { MsgType: 'event', Event: event, EventKey: key };
  if (command === '/image') {
    const MediaId = simulator.keepMedia({ bytes: picture, mimeType: 'image/png', fileName: 'picture.png' });
    return { MsgType: 'image', PicUrl: 'http://mmbiz.qpic.cn/simulated', MediaId };
  }
  return { MsgType: 'text', Content: line };
}

function report({ result, attempts, statuses }: PushOutcome): void {
  process.stdout.write(
    result === 'accepted'
      ? `  (accepted at attempt ${attempts})\n`
      : `  (the user reads: 该公众号暂时无法提供服务，请稍后再试; answers: ${statuses.join(', ')})\n`,
  );
}

/** One red pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
