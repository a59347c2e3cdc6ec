import type { AdapterFixture, Delivery } from '../../gateway/adapter-fixture.ts';
import type { InboundEntry, RawRequest } from '../../gateway/channel-adapter.ts';
import { wechatOfficial } from './adapter.ts';
import { encryptMessage, readAesKey, signatureOf } from './crypto.ts';
import type { WechatSettings } from './settings.ts';

export const testNow = 1_700_000_000_000;

/** Settings made for tests; the key and the token are those of the fifth test vector. */
export const safeSettings: WechatSettings = {
  apiBaseUrl: 'https://api.weixin.test',
  appId: 'wxparleytest0001',
  appSecret: 'secretsecretsecretsecretsecret12',
  token: 'parleytoken',
  encodingAesKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  mode: 'safe',
  windowMinutes: 5,
  replyHours: 48,
  replyCount: 5,
};
export const plainSettings: WechatSettings = { ...safeSettings, mode: 'plain' };

type Sealing = { readonly settings: WechatSettings; readonly json?: boolean; readonly receiver?: string };

/** The callback that the platform would send with these settings. `random` is fixed, so that a test repeats itself. */
export function sealCallback(
  body: string,
  delivery: Pick<Delivery, 'at' | 'callback'>,
  { settings, json, receiver }: Sealing,
): RawRequest {
  const timestamp = String(Math.floor(delivery.at / 1_000));
  const nonce = String(100_000_000 + delivery.callback.length);
  const query = new URLSearchParams({
    timestamp,
    nonce,
    openid: 'oUser',
    signature: signatureOf(settings.token, timestamp, nonce),
  });
  let text = body;
  if (settings.mode !== 'plain') {
    const key = readAesKey(settings.encodingAesKey ?? '');
    const encrypted = encryptMessage(key, body, receiver ?? settings.appId, Buffer.from('0123456789abcdef'));
    query.set('encrypt_type', 'aes');
    query.set('msg_signature', signatureOf(settings.token, timestamp, nonce, encrypted));
    // The platform puts ToUserName beside it, which no signature covers and which is not looked at.
    const inClear = settings.mode === 'compatible' ? body.replace(/^<xml>|<\/xml>$/g, '') : '';
    text =
      json === true
        ? JSON.stringify({ ToUserName: 'gh_1', Encrypt: encrypted })
        : `<xml>${inClear}<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  }
  return {
    method: 'POST',
    path: '',
    query,
    headers: { 'content-type': 'text/xml' },
    body: Buffer.from(text),
    receivedAt: delivery.at,
  };
}

const head = '<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>';
const xml = (fields: string, createTime = 1_348_831_860) =>
  `<xml>${head}<CreateTime>${createTime}</CreateTime>${fields}</xml>`;
const type = (name: string) => `<MsgType><![CDATA[${name}]]></MsgType>`;
const event = (name: string, fields = '') => xml(`${type('event')}<Event><![CDATA[${name}]]></Event>${fields}`);
const common = { contact: { externalId: 'oUser' }, sentAt: 1_348_831_860_000 };
const message = (externalId: string, content: object, mediaRef?: string): InboundEntry[] => [
  { kind: 'message', externalId, content, ...(mediaRef === undefined ? {} : { mediaRef }), ...common } as InboundEntry,
];
const happened = (name: string, what: object, key = ''): InboundEntry[] => [
  { kind: 'event', externalId: `oUser:1348831860:${name}:${key}`, event: what, ...common } as InboundEntry,
];

/** Bodies as the platform's documentation shows them, and what must come out. */
export const corpus = [
  {
    name: 'text',
    body: xml(`${type('text')}<Content><![CDATA[this is a test]]></Content><MsgId>1234567890123456</MsgId>`),
    entries: message('1234567890123456', { type: 'text', text: 'this is a test' }),
  },
  {
    name: 'text with markup, in Chinese, and an id above 2^53',
    body: xml(`${type('text')}<Content><![CDATA[你好 & <b>😀]]></Content><MsgId>24345678901234567</MsgId>`),
    entries: message('24345678901234567', { type: 'text', text: '你好 & <b>😀' }),
  },
  {
    name: 'a pressed menu entry',
    body: xml(`${type('text')}<Content><![CDATA[满意]]></Content><MsgId>7</MsgId><bizmsgmenuid>101</bizmsgmenuid>`),
    entries: [
      {
        kind: 'event',
        externalId: '7',
        event: { type: 'postback', payload: '101', title: '满意' },
        ...common,
      } as InboundEntry,
    ],
  },
  {
    name: 'image',
    body: xml(
      `${type('image')}<PicUrl><![CDATA[http://mmbiz.qpic.cn/a]]></PicUrl><MediaId><![CDATA[M]]></MediaId><MsgId>1</MsgId>`,
    ),
    entries: message('1', { type: 'image', url: 'http://mmbiz.qpic.cn/a' }, 'M'),
  },
  {
    name: 'voice',
    body: xml(`${type('voice')}<MediaId><![CDATA[M]]></MediaId><Format><![CDATA[amr]]></Format><MsgId>1</MsgId>`),
    entries: message('1', { type: 'audio', url: '', mimeType: 'audio/amr' }, 'M'),
  },
  {
    name: 'voice with recognition',
    body: xml(
      `${type('voice')}<MediaId><![CDATA[M]]></MediaId><Format><![CDATA[amr]]></Format><Recognition><![CDATA[你好]]></Recognition><MsgId>1</MsgId>`,
    ),
    entries: message('1', { type: 'audio', url: '', mimeType: 'audio/amr', transcript: '你好' }, 'M'),
  },
  {
    name: 'video',
    body: xml(
      `${type('video')}<MediaId><![CDATA[M]]></MediaId><ThumbMediaId><![CDATA[T]]></ThumbMediaId><MsgId>1</MsgId>`,
    ),
    entries: message('1', { type: 'video', url: '' }, 'M'),
  },
  {
    name: 'short video',
    body: xml(
      `${type('shortvideo')}<MediaId><![CDATA[M]]></MediaId><ThumbMediaId><![CDATA[T]]></ThumbMediaId><MsgId>1</MsgId>`,
    ),
    entries: message('1', { type: 'video', url: '' }, 'M'),
  },
  {
    name: 'location',
    body: xml(
      `${type('location')}<Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y><Scale>20</Scale><Label><![CDATA[位置信息]]></Label><MsgId>1</MsgId>`,
    ),
    entries: message('1', { type: 'location', latitude: 23.134521, longitude: 113.358803, name: '位置信息' }),
  },
  {
    name: 'link',
    body: xml(
      `${type('link')}<Title><![CDATA[T]]></Title><Description><![CDATA[D]]></Description><Url><![CDATA[https://shop.example/1]]></Url><MsgId>1</MsgId>`,
    ),
    entries: message('1', { type: 'link', url: 'https://shop.example/1', title: 'T', description: 'D' }),
  },
  {
    name: 'a message from an article',
    body: xml(`${type('text')}<Content><![CDATA[hi]]></Content><MsgId>9</MsgId><MsgDataId>12</MsgDataId><Idx>1</Idx>`),
    entries: message('9', { type: 'text', text: 'hi' }),
  },
  {
    name: 'a type that is new to us',
    body: xml(`${type('hologram')}<MsgId>1</MsgId>`),
    entries: [
      { kind: 'event', externalId: '1', event: { type: 'ignored', name: 'hologram' }, ...common } as InboundEntry,
    ],
  },
  {
    name: 'follow by a QR code',
    body: event('subscribe', '<EventKey><![CDATA[qrscene_123]]></EventKey><Ticket><![CDATA[T]]></Ticket>'),
    entries: happened('subscribe', { type: 'followed', scene: '123' }, 'qrscene_123'),
  },
  {
    name: 'follow',
    body: event('subscribe', '<EventKey></EventKey>'),
    entries: happened('subscribe', { type: 'followed' }),
  },
  { name: 'unfollow', body: event('unsubscribe'), entries: happened('unsubscribe', { type: 'unfollowed' }) },
  {
    name: 'scan',
    body: event('SCAN', '<EventKey><![CDATA[123]]></EventKey><Ticket><![CDATA[T]]></Ticket>'),
    entries: happened('scan', { type: 'entered', scene: '123' }, '123'),
  },
  {
    name: 'reported location',
    body: event(
      'LOCATION',
      '<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>',
    ),
    entries: happened('location', { type: 'ignored', name: 'location' }),
  },
  {
    name: 'menu click',
    body: event('CLICK', '<EventKey><![CDATA[KEY]]></EventKey>'),
    entries: happened('click', { type: 'postback', payload: 'KEY' }, 'KEY'),
  },
  {
    name: 'menu view',
    body: event('VIEW', '<EventKey><![CDATA[https://shop.example/]]></EventKey>'),
    entries: happened('view', { type: 'entered', page: 'https://shop.example/' }, 'https://shop.example/'),
  },
  ...[
    'scancode_push',
    'scancode_waitmsg',
    'pic_sysphoto',
    'pic_photo_or_album',
    'pic_weixin',
    'location_select',
    'TEMPLATESENDJOBFINISH',
    'MASSSENDJOBFINISH',
    'kf_create_session',
    'kf_close_session',
    'kf_switch_session',
    'subscribe_msg_popup_event',
  ].map((name) => ({
    name: `event ${name}`,
    body: event(name, '<ScanCodeInfo><ScanType>qrcode</ScanType></ScanCodeInfo>'),
    entries: happened(name.toLowerCase(), { type: 'ignored', name: name.toLowerCase() }),
  })),
];

const json = (body: object) =>
  [{ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }] as const;
const accessToken = json({ access_token: 'TOKEN', expires_in: 7_200 })[0];
const answered = (errcode: number, errmsg = 'test') => [accessToken, ...json({ errcode, errmsg })];

/** What the contract kit tries on the channel. */
export const wechatFixture: AdapterFixture<WechatSettings> = {
  adapter: wechatOfficial,
  settings: safeSettings,
  now: testNow,
  callbacks: {
    corpus,
    seal: (body, delivery) => sealCallback(Buffer.from(body).toString('utf8'), delivery, { settings: safeSettings }),
    signedBy: { in: 'query', names: ['msg_signature', 'timestamp', 'nonce'] },
    windowMs: { past: 5 * 60_000, future: 5 * 60_000 },
    withId: (id) => xml(`${type('text')}<Content><![CDATA[hi]]></Content><MsgId>${id}</MsgId>`),
  },
  sends: {
    accepts: answered(0, 'ok'),
    cases: [
      { name: 'accepted', answers: answered(0, 'ok'), expected: { kind: 'sent' } },
      { name: 'window over', answers: answered(45_015), expected: { kind: 'rejected', platformCode: '45015' } },
      { name: 'count used up', answers: answered(45_047), expected: { kind: 'rejected', platformCode: '45047' } },
      { name: 'busy', answers: answered(-1), expected: { kind: 'retry-after' } },
      { name: 'too often', answers: answered(45_011), expected: { kind: 'retry-after' } },
      { name: 'no longer a follower', answers: answered(43_004), expected: { kind: 'gone', what: 'contact' } },
      { name: 'wrong AppID', answers: answered(40_013), expected: { kind: 'gone', what: 'channel' } },
      { name: 'time-out', answers: [accessToken, { fails: 'timeout' }], expected: { kind: 'unknown' } },
      { name: 'reset', answers: [accessToken, { fails: 'reset' }], expected: { kind: 'unknown' } },
      {
        name: 'an answer that is no JSON',
        answers: [accessToken, { status: 502, body: '<html>' }],
        expected: { kind: 'unknown' },
      },
      { name: 'no connection', answers: [accessToken, { fails: 'not-sent' }], expected: { kind: 'retry-after' } },
      { name: 'no token to be had', answers: [{ fails: 'timeout' }], expected: { kind: 'retry-after' } },
    ],
  },
};
