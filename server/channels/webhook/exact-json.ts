import { isUtf8 } from 'node:buffer';
import { Refusal } from '../../gateway/refusal.ts';

/** No event of ours nests deeper than a handful; this leaves room, and none for a recursion without end. */
const maxNesting = 32;

/** A number of 16 digits or more may not fit a double exactly: only then is it worth to read every number's source. */
const longNumber = /[:[,]\s*-?\d{16}/;
/** An escaped NUL, or an escape that may be half of a surrogate pair. */
const doubtfulEscape = /\\u(?:0000|[dD][89a-fA-F])/;

/**
 * Reads a JSON body so that everything in it can be stored exactly: integers that a double would round come out as
 * texts of their digits; a NUL or half of a surrogate pair, which databases refuse or change, is refused.
 *
 * @throws Refusal `content-invalid` that names the place
 */
export function parseExactJson(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw invalid('body', 'is not UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (opensMoreThan(text, maxNesting) && isNestedDeeper(body, maxNesting)) {
    throw invalid('body', `is nested deeper than ${maxNesting} levels`);
  }
  const value = parse(text);
  if (doubtfulEscape.test(text)) assertStorable(value, '');
  return value;
}

function parse(text: string): unknown {
  try {
    return longNumber.test(text) ? JSON.parse(text, exactIntegers) : JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text, which belongs in no log; the position says enough.
    const [position = ''] = / at position \d+/.exec(String(error)) ?? [];
    throw invalid('body', `is not JSON${position}`);
  }
}

function exactIntegers(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '');
  return isRounded ? source : value;
}

/** Whether there are more brackets than levels at all: a search that costs nothing on most bodies. */
function opensMoreThan(text: string, limit: number): boolean {
  let opened = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++opened > limit) return true;
    }
  }
  return false;
}

function isNestedDeeper(body: Uint8Array, limit: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === 0x22) isInText = !isInText;
    else if (isInText) i += byte === 0x5c ? 1 : 0;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}

function assertStorable(value: unknown, place: string): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw invalid(place, 'contains a NUL character');
    if (!value.isWellFormed()) throw invalid(place, 'contains half of a surrogate pair');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const at = Array.isArray(value) ? `${place}[${key}]` : place === '' ? key : `${place}.${key}`;
      assertStorable(key, place || 'body');
      assertStorable(inner, at);
    }
  }
}

/** `content-invalid`, naming the place: `data.contact.externalId: expected a text, got a number.` */
export function invalid(place: string, what: string): Refusal {
  return new Refusal('content-invalid', `${place}: ${what}.`, { field: place });
}
