import { hash } from 'node:crypto';
import type { Content } from '@parley/sdk/protocol.ts';
import type { ChannelEvent, InboundEntry } from '../../gateway/channel-adapter.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { Fields } from './callback-body.ts';

/** Longest id of the platform's that we take: they are far shorter, and longer ones do not fit the index. */
const maxIdLength = 120;
/** Later than any clock of ours: what claims more is no time, and may not fit where times are stored. */
const endOfTimeS = 100_000_000_000;

/**
 * What one callback says, in our terms ("Receiving standard messages" and "Receiving event pushes",
 * developers.weixin.qq.com). A type that is new to us is acknowledged and ignored, as the platform asks.
 *
 * @throws Refusal `bad-request` when it does not say who wrote
 */
export function readEntry(fields: Fields): InboundEntry {
  const from = fields.get('FromUserName') ?? '';
  if (from === '' || from.length > maxIdLength) throw new Refusal('bad-request', 'FromUserName: is missing.');
  const seconds = Number(fields.get('CreateTime'));
  const common = {
    contact: { externalId: from },
    ...(Number.isSafeInteger(seconds) && seconds > 0 && seconds < endOfTimeS ? { sentAt: seconds * 1_000 } : {}),
  };
  const type = (fields.get('MsgType') ?? '').toLowerCase();
  if (type === 'event') return { kind: 'event', externalId: eventId(fields, from), event: eventOf(fields), ...common };
  const externalId = messageId(fields, from);
  const menuEntry = fields.get('bizmsgmenuid');
  if (type === 'text' && menuEntry !== undefined && menuEntry !== '') {
    const title = fields.get('Content') ?? '';
    return {
      kind: 'event',
      externalId,
      event: { type: 'postback', payload: menuEntry, ...(title === '' ? {} : { title }) },
      ...common,
    };
  }
  const message = messageOf(type, fields);
  if (message === undefined) {
    return {
      kind: 'event',
      externalId,
      event: { type: 'ignored', name: name(type === '' ? 'no type' : type) },
      ...common,
    };
  }
  return { kind: 'message', externalId, ...message, ...common };
}

/**
 * `MsgId` is a text to us: 64 bits, and cloud functions deliver ones that are no numbers. Should it be missing, all that
 * was said stands for it: a repeat says the same, and another message of that second does not.
 */
function messageId(fields: Fields, from: string): string {
  const id = fields.get('MsgId') ?? '';
  if (id !== '') return fitted(id);
  return fitted(`${from}:${fields.get('CreateTime') ?? ''}:${digestOf([...fields].flat().join('\0'))}`);
}

/**
 * Events have no id. The platform names sender and second; the event and its key are added, because the scan of a new
 * follower makes two events in one second.
 */
function eventId(fields: Fields, from: string): string {
  const event = (fields.get('Event') ?? '').toLowerCase();
  return fitted(`${from}:${fields.get('CreateTime') ?? ''}:${event}:${fields.get('EventKey') ?? ''}`);
}

type Said = { readonly content: Content; readonly mediaRef?: string };

function messageOf(type: string, fields: Fields): Said | undefined {
  const mediaId = fields.get('MediaId') ?? '';
  const media = mediaId === '' ? {} : { mediaRef: mediaId };
  switch (type) {
    case 'text': {
      const text = fields.get('Content') ?? '';
      return text === '' ? undefined : { content: { type: 'text', text } };
    }
    case 'image':
      return { content: { type: 'image', url: httpUrl(fields.get('PicUrl')) }, ...media };
    case 'voice': {
      const transcript = fields.get('Recognition') ?? '';
      const format = fields.get('Format') ?? '';
      return {
        content: {
          type: 'audio',
          url: '',
          ...(format === '' ? {} : { mimeType: `audio/${format.toLowerCase().replace(/[^a-z0-9.-]/g, '')}` }),
          ...(transcript === '' ? {} : { transcript }),
        },
        ...media,
      };
    }
    case 'video':
    case 'shortvideo':
      return { content: { type: 'video', url: '' }, ...media };
    case 'location':
      return locationOf(fields.get('Location_X'), fields.get('Location_Y'), fields.get('Label'));
    case 'link': {
      const url = httpUrl(fields.get('Url'));
      const title = fields.get('Title') ?? '';
      const description = fields.get('Description') ?? '';
      if (url === '') return { content: { type: 'text', text: [title, description].join('\n').trim() || '[link]' } };
      return {
        content: {
          type: 'link',
          url,
          title: title === '' ? url : title,
          ...(description === '' ? {} : { description }),
        },
      };
    }
    default:
      return undefined;
  }
}

function eventOf(fields: Fields): ChannelEvent {
  const event = (fields.get('Event') ?? '').toLowerCase();
  const key = fields.get('EventKey') ?? '';
  switch (event) {
    case 'subscribe':
      return { type: 'followed', ...(key === '' ? {} : { scene: key.replace(/^qrscene_/, '') }) };
    case 'unsubscribe':
      return { type: 'unfollowed' };
    case 'scan':
      return { type: 'entered', ...(key === '' ? {} : { scene: key }) };
    case 'view':
      return { type: 'entered', ...(key === '' ? {} : { page: key }) };
    case 'click':
      return { type: 'postback', payload: key };
    default:
      return { type: 'ignored', name: name(event === '' ? 'no event' : event) };
  }
}

/** `Location_X` is the latitude. */
function locationOf(x: string | undefined, y: string | undefined, label: string | undefined): Said | undefined {
  const latitude = numberOf(x);
  const longitude = numberOf(y);
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  if (!isPlace) return undefined;
  return {
    content: { type: 'location', latitude, longitude, ...(label === undefined || label === '' ? {} : { name: label }) },
  };
}

/** NaN for what is missing or blank, where `Number` would say 0. */
function numberOf(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text);
}

function httpUrl(url: string | undefined): string {
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : '';
}

function name(text: string): string {
  return text.slice(0, 60).toWellFormed();
}

const maxKeyLength = 191;

/** Keys of the index have a stated length. A longer one keeps its beginning, and a digest tells it from its like. */
function fitted(id: string): string {
  if (id.length <= maxKeyLength) return id.toWellFormed();
  const digest = digestOf(id);
  return `${id.slice(0, maxKeyLength - digest.length - 1).toWellFormed()}:${digest}`;
}

function digestOf(text: string): string {
  return hash('sha1', text, 'base64url');
}
