import { XMLParser } from 'fast-xml-parser';
import { Refusal } from '../../gateway/refusal.ts';

/** The fields of a callback, all as text: a message id has 64 bits and must stay exact. */
export type Fields = ReadonlyMap<string, string>;

const maxFields = 100;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  htmlEntities: false,
  cdataPropName: '#cdata',
});

/**
 * Reads a callback's body, XML or JSON, as a flat list of texts. Nested values (of event types that mean nothing to us)
 * are left out.
 *
 * @throws Refusal `bad-request` for wrong UTF-8, a DOCTYPE, and what is neither XML nor JSON
 */
export function readBody(bytes: Uint8Array): Fields {
  return checkTexts(readFields(decode(bytes)));
}

/**
 * Reads the envelope of an encrypted message strictly: it is always flat, so anything that merely resembles it was
 * changed on its way.
 *
 * @throws Refusal `bad-request`
 */
export function readEnvelope(bytes: Uint8Array): Fields {
  const text = decode(bytes);
  const fields = text.trimStart().startsWith('{') ? readJson(text) : readFlatXml(text);
  if (fields === undefined) throw new Refusal('bad-request', 'The body is no envelope of an encrypted message.');
  return checkTexts(fields);
}

function checkTexts(fields: Fields): Fields {
  for (const [name, value] of fields) {
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new Refusal('bad-request', `${name.slice(0, 40)}: has a NUL or half of a character.`);
    }
  }
  return fields;
}

function readFields(text: string): Fields {
  const start = text.trimStart();
  if (start.startsWith('{')) return readJson(start);
  // Ours, for the flat form that the platform sends; anything else is left to a whole parser.
  return readFlatXml(text) ?? readAnyXml(text);
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Refusal('bad-request', 'The body is not UTF-8.', { cause: error });
  }
}

function readJson(text: string): Fields {
  let value: unknown;
  try {
    // Numbers as they are written: 64 bits do not fit into one of ours.
    value = JSON.parse(text, (_, given: unknown, context?: { source?: string }) =>
      typeof given === 'number' ? (context?.source ?? String(given)) : given,
    );
  } catch (error) {
    throw new Refusal('bad-request', 'The body is neither XML nor JSON.', { cause: error });
  }
  const fields = new Map<string, string>();
  for (const [name, field] of Object.entries(value as object)) {
    if (typeof field === 'string' && fields.size < maxFields) fields.set(name, field);
  }
  return fields;
}

const element = /\s*<([A-Za-z_][\w.-]*)>(?:<!\[CDATA\[((?:(?!\]\]>)[\s\S])*)\]\]>|([^<&]*))<\/\1>/y;

/**
 * `<xml><Name>text</Name><Name><![CDATA[text]]></Name>…</xml>`: one level, no attributes, no entities. Undefined for
 * every other form. A property test holds it to what the whole parser reads.
 */
export function readFlatXml(text: string): Fields | undefined {
  const open = /^\s*<xml>/.exec(text);
  if (open === null) return undefined;
  const fields = new Map<string, string>();
  let at = open[0].length;
  for (;;) {
    element.lastIndex = at;
    const found = element.exec(text);
    if (found === null) break;
    const [whole, name, cdata, plain] = found;
    // A name that stands twice is not the flat form that we know.
    if (name === undefined || fields.has(name) || fields.size >= maxFields) return undefined;
    fields.set(name, cdata ?? plain ?? '');
    at += whole.length;
  }
  return /^\s*<\/xml>\s*$/.test(text.slice(at)) ? fields : undefined;
}

/** Any XML, read by the library: without entities, and without a DOCTYPE, which could define some. */
export function readAnyXml(text: string): Fields {
  if (/<!DOCTYPE/i.test(text)) throw new Refusal('bad-request', 'The body has a DOCTYPE.');
  let tree: unknown;
  try {
    tree = parser.parse(text, true);
  } catch (error) {
    throw new Refusal('bad-request', 'The body is neither XML nor JSON.', { cause: error });
  }
  const root = (tree as { xml?: unknown }).xml;
  if (typeof root !== 'object' || root === null) throw new Refusal('bad-request', 'The body has no element <xml>.');
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(root)) {
    const field = textOf(value);
    if (field !== undefined && fields.size < maxFields) fields.set(name, field);
  }
  return fields;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { '#cdata': cdata } = value as { '#cdata'?: unknown };
  if (Array.isArray(cdata)) return cdata.join('');
  return typeof cdata === 'string' ? cdata : undefined;
}
