import { type Content, maxTextBytes } from '@parley/sdk/protocol.ts';
import { Refusal } from './refusal.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks a standard content that comes from outside and answers it with its known fields only: unknown fields are
 * dropped, so that nothing unchecked is stored.
 *
 * @throws Refusal `content-invalid` that names the field
 */
export function parseContent(input: unknown): Content {
  const fields = asObject(input, 'content');
  const { type } = fields;
  // The one that nearly every message is, before the table is asked.
  if (type === 'text') return { type, text: messageText(fields.text) };
  const parse =
    typeof type === 'string' && Object.hasOwn(parsers, type) ? parsers[type as keyof typeof parsers] : undefined;
  if (parse === undefined) {
    throw invalid('content.type', `expected one of text, ${Object.keys(parsers).join(', ')}`);
  }
  return parse(fields);
}

/** The first words of a content, for lists and notifications: one line, at most 120 characters. */
export function previewOf(content: Content): string {
  const words = wordsOf(content);
  const head = words.length > 400 ? words.slice(0, 400) : words;
  const line = /[\p{Cc}\s]/u.test(head) ? head.replace(/[\p{Cc}\s]+/gu, ' ').trim() : head;
  if (line.length <= 120) return line.toWellFormed();
  return `${line.slice(0, 119).replace(/[\uD800-\uDBFF]$/, '')}…`.toWellFormed();
}

function wordsOf(content: Content): string {
  switch (content.type) {
    case 'text':
    case 'choices':
    case 'system':
      return content.text;
    case 'image':
    case 'video':
      return content.caption ?? content.fileName ?? '';
    case 'audio':
      return content.transcript ?? content.fileName ?? '';
    case 'file':
      return content.fileName ?? '';
    case 'location':
      return content.name ?? content.address ?? `${content.latitude}, ${content.longitude}`;
    case 'sticker':
      return content.emoji ?? '';
    case 'link':
    case 'card':
    case 'form':
      return content.title;
    case 'rating':
      return content.score === undefined ? (content.question ?? '') : `${content.score}/${content.scale}`;
    case 'call':
      return content.outcome;
    default:
      return content satisfies never;
  }
}

const parsers = {
  image: (f: Fields): Content => ({ type: 'image', ...media(f), ...optional(f, 'caption', 4_000) }),
  audio: (f: Fields): Content => ({ type: 'audio', ...media(f), ...optional(f, 'transcript', 16_000) }),
  video: (f: Fields): Content => ({
    type: 'video',
    ...media(f),
    ...optional(f, 'caption', 4_000),
    ...optionalUrl(f, 'thumbnailUrl'),
  }),
  file: (f: Fields): Content => ({ type: 'file', ...media(f) }),
  location: (f: Fields): Content => ({
    type: 'location',
    latitude: number(f, 'latitude', -90, 90),
    longitude: number(f, 'longitude', -180, 180),
    ...optional(f, 'name', 500),
    ...optional(f, 'address', 1_000),
  }),
  sticker: (f: Fields): Content => ({
    type: 'sticker',
    ...optional(f, 'id', 200),
    ...optional(f, 'emoji', 64),
    ...optionalUrl(f, 'url'),
  }),
  link: (f: Fields): Content => ({
    type: 'link',
    url: url(f, 'url'),
    title: text(f, 'title', 1_000),
    ...optional(f, 'description', 4_000),
    ...optionalUrl(f, 'pictureUrl'),
  }),
  card: (f: Fields): Content => ({
    type: 'card',
    kind: oneOf(f, 'kind', ['product', 'order'] as const),
    title: text(f, 'title', 1_000),
    ...optional(f, 'id', 200),
    ...optional(f, 'description', 4_000),
    ...optional(f, 'price', 100),
    ...optionalUrl(f, 'url'),
    ...optionalUrl(f, 'pictureUrl'),
  }),
  choices: (f: Fields): Content => ({
    type: 'choices',
    text: text(f, 'text', 16_000),
    choices: list(f, 'choices', 1, 50).map((entry, i) => {
      const choice = asObject(entry, `content.choices[${i}]`);
      return { id: text(choice, 'id', 200), label: text(choice, 'label', 200) };
    }),
  }),
  form: (f: Fields): Content => ({
    type: 'form',
    title: text(f, 'title', 1_000),
    fields: list(f, 'fields', 0, 50).map((entry, i) => formField(asObject(entry, `content.fields[${i}]`))),
    ...(f.values === undefined ? {} : { values: formValues(asObject(f.values, 'content.values')) }),
  }),
  rating: (f: Fields): Content => ({
    type: 'rating',
    scale: number(f, 'scale', 2, 10),
    ...optional(f, 'question', 1_000),
    ...(f.score === undefined ? {} : { score: number(f, 'score', 0, 10) }),
    ...optional(f, 'comment', 4_000),
  }),
  call: (f: Fields): Content => ({
    type: 'call',
    media: oneOf(f, 'media', ['audio', 'video'] as const),
    outcome: text(f, 'outcome', 100),
    ...(f.durationMs === undefined ? {} : { durationMs: number(f, 'durationMs', 0, 1e9) }),
  }),
};

function formField(f: Fields) {
  return {
    name: text(f, 'name', 100),
    label: text(f, 'label', 500),
    kind: oneOf(f, 'kind', ['text', 'email', 'phone', 'number', 'date', 'select'] as const),
    ...(f.required === undefined ? {} : { required: f.required === true }),
    ...(f.options === undefined
      ? {}
      : { options: list(f, 'options', 0, 100).map((option) => messageText(option, 'content.fields.options')) }),
  };
}

function formValues(fields: Fields): Record<string, string> {
  const entries = Object.entries(fields);
  if (entries.length > 50) throw invalid('content.values', 'has more than 50 entries');
  return Object.fromEntries(
    entries.map(([name, value]) => [name.slice(0, 100), messageText(value, `content.values.${name}`)]),
  );
}

function media(f: Fields) {
  return {
    url: url(f, 'url'),
    ...optional(f, 'fileName', 255),
    ...optional(f, 'mimeType', 127),
    ...optional(f, 'unavailable', 500),
    ...optionalNumber(f, 'sizeBytes', 1e12),
    ...optionalNumber(f, 'width', 1e6),
    ...optionalNumber(f, 'height', 1e6),
    ...optionalNumber(f, 'durationMs', 1e9),
  };
}

function messageText(value: unknown, field = 'content.text'): string {
  if (typeof value !== 'string') throw invalid(field, 'expected text');
  if (value === '') throw invalid(field, 'is empty');
  // Every UTF-16 unit is at least a byte and at most three: the exact count is needed only in between.
  if (value.length * 3 > maxTextBytes && Buffer.byteLength(value) > maxTextBytes) {
    throw invalid(field, `is longer than ${maxTextBytes} bytes: split it`);
  }
  return value;
}

function asObject(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'expected an object');
  return value as Fields;
}

function text(f: Fields, key: string, maxLength: number): string {
  const value = f[key];
  if (typeof value !== 'string' || value === '') throw invalid(`content.${key}`, 'expected text');
  if (value.length > maxLength) throw invalid(`content.${key}`, `is longer than ${maxLength} characters`);
  return value;
}

function optional<K extends string>(f: Fields, key: K, maxLength: number): { [P in K]?: string } {
  if (f[key] === undefined || f[key] === null || f[key] === '') return {};
  return { [key]: text(f, key, maxLength) } as { [P in K]?: string };
}

function number(f: Fields, key: string, min: number, max: number): number {
  const value = f[key];
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw invalid(`content.${key}`, `expected a number from ${min} to ${max}`);
  }
  return value;
}

function optionalNumber<K extends string>(f: Fields, key: K, max: number): { [P in K]?: number } {
  return f[key] === undefined || f[key] === null ? {} : ({ [key]: number(f, key, 0, max) } as { [P in K]?: number });
}

/** Addresses are http(s), or a path of ours: a `javascript:` link must never reach anybody's screen. */
function url(f: Fields, key: string): string {
  const value = f[key];
  if (typeof value !== 'string') throw invalid(`content.${key}`, 'expected an address');
  if (value === '' && f.unavailable !== undefined) return value;
  if (value.length > 4_000) throw invalid(`content.${key}`, 'is longer than 4000 characters');
  const ours = /^\/files\/[\w.%/~-]+$/.test(value);
  if (!ours && !(/^https?:\/\//i.test(value) && URL.canParse(value))) {
    throw invalid(`content.${key}`, 'expected an http or https address, or a file that was uploaded here');
  }
  return value;
}

function optionalUrl<K extends string>(f: Fields, key: K): { [P in K]?: string } {
  return f[key] === undefined || f[key] === null || f[key] === ''
    ? {}
    : ({ [key]: url(f, key) } as { [P in K]?: string });
}

function oneOf<const T extends readonly string[]>(f: Fields, key: string, allowed: T): T[number] {
  const value = f[key];
  if (!allowed.includes(value as string)) throw invalid(`content.${key}`, `expected one of ${allowed.join(', ')}`);
  return value as T[number];
}

function list(f: Fields, key: string, min: number, max: number): readonly unknown[] {
  const value = f[key];
  if (!Array.isArray(value) || value.length < min || value.length > max) {
    throw invalid(`content.${key}`, `expected a list of ${min} to ${max} entries`);
  }
  return value;
}

function invalid(field: string, what: string): Refusal {
  return new Refusal('content-invalid', `${field}: ${what}.`, { field });
}
