import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Content } from '@parley/sdk/protocol.ts';
import type { ChannelEvent, InboundContact, InboundEntry } from '../../gateway/channel-adapter.ts';
import { parseContent } from '../../gateway/content.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { invalid } from './exact-json.ts';

export const maxEventsPerRequest = 100;
/** What fits an index of every database that we run on. */
const maxIdLength = 191;
const maxThreadIdLength = 128;
const maxAttributes = 50;

/** The attribute of a contact whose `identityHash` was right; no sender can set it. */
export const verifiedAttribute = 'identityVerified';

export interface InboundContext {
  /** The request's `webhook-id`: names what has no id of its own, the same on every attempt. */
  readonly webhookId: string;
  /** Key of `identityHash`, where the channel has one. */
  readonly identityKey: KeyObject | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Converts one event, or `{"events": […]}` with up to 100, all or none of them. Fields that are not known are ignored.
 *
 * @param body the parsed JSON
 * @throws Refusal `content-invalid` (400) that names the place (`events[3].data.content.text`), or `forbidden` (403)
 *   for an identity hash that is wrong
 */
export function readEvents(body: unknown, context: InboundContext): InboundEntry[] {
  const fields = object(body, 'body');
  if (fields.events === undefined) return [readEvent(fields, '', 0, context)];
  const { events } = fields;
  if (!Array.isArray(events) || events.length === 0 || events.length > maxEventsPerRequest) {
    throw invalid('events', `expected a list of 1 to ${maxEventsPerRequest} events`);
  }
  return events.map((event, index) => {
    const place = `events[${index}]`;
    return readEvent(object(event, place), `${place}.`, index, context);
  });
}

function readEvent(event: Fields, place: string, index: number, context: InboundContext): InboundEntry {
  const type = text(event, 'type', place, 64);
  const at = `${place}data.`;
  const data = object(event.data, `${place}data`);
  const envelope = {
    externalId: `${context.webhookId}:${index}`,
    contact: readContact(object(data.contact, `${at}contact`), `${at}contact.`, context.identityKey),
    ...threadOf(data, at),
    ...sentAtOf(event, place),
  };
  if (type === 'message.created') {
    const ownId = data.externalId === undefined ? {} : { externalId: id(data, 'externalId', at) };
    return { ...envelope, kind: 'message', ...readMessage(data, at), ...ownId };
  }
  const read = Object.hasOwn(eventReaders, type) ? eventReaders[type] : undefined;
  if (read === undefined) {
    const known = ['message.created', ...Object.keys(eventReaders)].join(', ');
    throw invalid(`${place}type`, `expected one of ${known}`);
  }
  return { ...envelope, kind: 'event', event: read(data, at) };
}

const eventReaders: Readonly<Record<string, (data: Fields, at: string) => ChannelEvent>> = {
  'message.edited': (data, at) => ({
    type: 'edited',
    of: id(data, 'externalId', at),
    content: readMessage(data, at).content,
  }),
  'message.deleted': (data, at) => ({ type: 'recalled', of: id(data, 'externalId', at) }),
  'reaction.added': (data, at) => reaction(data, at, false),
  'reaction.removed': (data, at) => reaction(data, at, true),
  'receipt.delivered': (data, at) => ({ type: 'delivered', ...receiptOf(data, at) }),
  'receipt.read': (data, at) => ({ type: 'read', ...receiptOf(data, at) }),
  'typing.started': () => ({ type: 'typing', on: true }),
  'typing.stopped': () => ({ type: 'typing', on: false }),
  'contact.updated': () => ({ type: 'contact-updated' }),
  postback: (data, at) => ({
    type: 'postback',
    payload: text(data, 'payload', at, 1_000),
    ...optionalText(data, 'title', at, 200),
    ...(data.replyTo !== undefined && { of: id(data, 'replyTo', at) }),
  }),
};

function reaction(data: Fields, at: string, removed: boolean): ChannelEvent {
  return { type: 'reaction', of: id(data, 'externalId', at), emoji: text(data, 'emoji', at, 64), removed };
}

function receiptOf(data: Fields, at: string): { of: string; upTo?: boolean } {
  if (data.upTo !== undefined) return { of: id(data, 'upTo', at), upTo: true };
  return { of: id(data, 'externalId', at) };
}

/** Media are fetched later, by the address that is kept beside the content. */
function readMessage(data: Fields, at: string): { content: Content; mediaRef?: string } {
  const content = readContent(data.content, at);
  switch (content.type) {
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      if (!/^https?:/i.test(content.url)) throw invalid(`${at}content.url`, 'expected an http or https address');
      return { content, mediaRef: content.url };
    default:
      return { content };
  }
}

function readContent(content: unknown, at: string): Content {
  try {
    return parseContent(content);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, at + error.message, { field: at + (error.field ?? 'content'), cause: error });
  }
}

function readContact(contact: Fields, at: string, identityKey: KeyObject | undefined): InboundContact {
  const externalId = id(contact, 'externalId', at);
  const isVerified = identityKey !== undefined && isProvedBy(contact, at, externalId, identityKey);
  const attributes = contact.attributes === undefined ? {} : readAttributes(contact.attributes, `${at}attributes`);
  const all = isVerified ? { ...attributes, [verifiedAttribute]: 'true' } : attributes;
  return {
    externalId,
    ...optionalText(contact, 'name', at, 200),
    ...optionalText(contact, 'email', at, 320),
    ...optionalText(contact, 'phone', at, 64),
    ...(contact.avatarUrl !== undefined && { avatarUrl: webAddress(contact, 'avatarUrl', at) }),
    ...((isVerified || contact.attributes !== undefined) && { attributes: all }),
  };
}

/**
 * Whether the other system vouches for who this is: hex HMAC-SHA256 of the contact's id under the identity secret.
 * Without a hash nobody vouches; with a wrong one somebody tries.
 */
function isProvedBy(contact: Fields, at: string, externalId: string, key: KeyObject): boolean {
  if (contact.identityHash === undefined) return false;
  const expected = createHmac('sha256', key).update(externalId).digest();
  const given = Buffer.from(text(contact, 'identityHash', at, 64), 'hex');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return true;
  throw new Refusal('forbidden', `${at}identityHash: is not that of this contact.`, { field: `${at}identityHash` });
}

function readAttributes(input: unknown, place: string): Record<string, string> {
  const entries = Object.entries(object(input, place));
  if (entries.length > maxAttributes) throw invalid(place, `has more than ${maxAttributes} entries`);
  for (const [key, value] of entries) {
    if (key === verifiedAttribute) throw invalid(`${place}.${key}`, 'is ours to set: send identityHash');
    if (key === '' || key.length > 64) throw invalid(place, 'has a name that is empty or longer than 64 characters');
    if (typeof value !== 'string') throw invalid(`${place}.${key}`, `expected a text, got ${kindOf(value)}`);
    if (value.length > 1_000) throw invalid(`${place}.${key}`, 'is longer than 1000 characters');
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

function threadOf(data: Fields, at: string): { threadId?: string } {
  if (data.conversation === undefined) return {};
  const conversation = object(data.conversation, `${at}conversation`);
  return { threadId: id(conversation, 'externalId', `${at}conversation.`, maxThreadIdLength) };
}

function sentAtOf(event: Fields, place: string): { sentAt?: number } {
  if (event.timestamp === undefined) return {};
  const timestamp = text(event, 'timestamp', place, 40);
  const sentAt = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(sentAt))
    throw invalid(`${place}timestamp`, 'expected ISO 8601 with a zone, as 2026-01-02T03:04:05.678Z');
  return { sentAt };
}

function object(value: unknown, place: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(place, `expected an object, got ${kindOf(value)}`);
}

/** Ids are texts; a whole number is taken as its digits. */
function id(fields: Fields, key: string, at: string, maxLength = maxIdLength): string {
  const value = fields[key];
  return Number.isSafeInteger(value) ? String(value) : text(fields, key, at, maxLength);
}

function text(fields: Fields, key: string, at: string, maxLength: number): string {
  const value = fields[key];
  if (typeof value !== 'string') throw invalid(at + key, `expected a text, got ${kindOf(value)}`);
  if (value === '') throw invalid(at + key, 'is empty');
  if (value.length > maxLength) throw invalid(at + key, `is longer than ${maxLength} characters`);
  return value;
}

function optionalText<K extends string>(fields: Fields, key: K, at: string, maxLength: number): { [P in K]?: string } {
  if (fields[key] === undefined || fields[key] === null || fields[key] === '') return {};
  return { [key]: text(fields, key, at, maxLength) } as { [P in K]?: string };
}

function webAddress(fields: Fields, key: string, at: string): string {
  const value = text(fields, key, at, 4_000);
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value))
    throw invalid(at + key, 'expected an http or https address');
  return value;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
