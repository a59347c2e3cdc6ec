import fc from 'fast-check';

/** Bodies that nobody means well with: nested, wrongly encoded, empty, expanding, of another kind altogether. */
export function hostileBodies(maxBytes: number): readonly { name: string; body: Uint8Array }[] {
  const repeat = (text: string) => text.repeat(Math.floor(Math.min(maxBytes, 1024 * 1024) / text.length));
  const texts: Record<string, string> = {
    'nothing at all': '',
    'a NUL': '\0',
    'JSON null': 'null',
    'a JSON number': '0',
    'a JSON text': '""',
    'an empty JSON list': '[]',
    'an empty JSON object': '{}',
    'JSON lists nested deep': repeat('['),
    'JSON objects nested deep': repeat('{"a":'),
    'JSON nested deep and closed': '['.repeat(50_000) + ']'.repeat(50_000),
    'JSON with a prototype': '{"__proto__":{"type":"text"},"constructor":null}',
    'a JSON number of many digits': `{"id":${'9'.repeat(400)}}`,
    'half a surrogate pair': '{"text":"\\ud83d"}',
    'an empty XML document': '<xml></xml>',
    'XML nested deep': repeat('<a>'),
    'XML with a document type':
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>',
    'an entity bomb':
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><xml><Content>&c;</Content></xml>',
    'a form': 'a=1&a=2&%=%zz&__proto__=1',
  };
  const bytes: Record<string, Uint8Array> = {
    'wrong UTF-8': Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22, 0x7d),
    'UTF-16': Buffer.from('{"type":"text"}', 'utf16le'),
    'a byte order mark': Buffer.from('\ufeff{}'),
  };
  const encoded = Object.entries(texts).map(([name, text]) => ({ name, body: Buffer.from(text) as Uint8Array }));
  return [...encoded, ...Object.entries(bytes).map(([name, body]) => ({ name, body }))];
}

/**
 * A body as a broken sender or an attacker with the key would make it of a real one: bits flipped, cut short, pieces
 * doubled or wrongly encoded, and, where it is JSON or XML, single values replaced by others.
 */
export function mutationsOf(body: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    bytesMutated(body),
    valuesMutated(Buffer.from(body).toString('utf8')).map((text) => Buffer.from(text)),
  );
}

function bytesMutated(body: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat({ max: Math.max(0, body.length - 1) });
  return fc.oneof(
    fc.tuple(at, fc.nat({ max: 7 })).map(([index, bit]) => flipBit(body, index, bit)),
    at.map((index) => body.subarray(0, index)),
    fc.tuple(at, at).map(([from, to]) => Buffer.concat([body.subarray(0, to), body.subarray(from)])),
    fc
      .tuple(at, fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([index, noise]) => Buffer.concat([body.subarray(0, index), noise, body.subarray(index)])),
    fc
      .constantFrom('latin1' as const, 'utf16le' as const)
      .map((encoding) => Buffer.from(Buffer.from(body).toString(), encoding)),
  );
}

/** The same bytes but for one bit; an empty body stays empty. */
export function flipBit(body: Uint8Array, index: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(body);
  if (index < copy.length) copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}

const strangeValues = [
  'null',
  'true',
  '-1',
  '1e400',
  '9007199254740993',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\u202eright to left"',
  '"👩‍👩‍👧‍👦"',
  '"javascript:alert(1)"',
  '[]',
  '[[[[]]]]',
  '{}',
  '{"__proto__":1}',
];
const jsonValue = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null/g;
const jsonName = /"(?:[^"\\]|\\.)*"(?=\s*:)/g;
const xmlValue = /(?<=>)[^<]*(?=<\/)|(?<=<!\[CDATA\[).*?(?=\]\]>)/g;

function valuesMutated(text: string): fc.Arbitrary<string> {
  const isXml = text.trimStart().startsWith('<');
  const values = [...text.matchAll(isXml ? xmlValue : jsonValue)];
  const names = isXml ? [] : [...text.matchAll(jsonName)];
  if (values.length === 0) return fc.constant(text);
  const swap = (found: readonly RegExpExecArray[], replacement: fc.Arbitrary<string>) =>
    fc.tuple(fc.constantFrom(...found), replacement).map(([match, value]) => replaceAt(text, match, value));
  const strange = fc.constantFrom(...strangeValues).map((value) => (isXml ? value.replaceAll('"', '') : value));
  const moved = fc.constantFrom(...values).map((match) => match[0]);
  const renamed = names.length === 0 ? [] : [swap(names, fc.constant('"renamed"'))];
  return fc.oneof(swap(values, strange), swap(values, moved), ...renamed);
}

function replaceAt(text: string, match: RegExpExecArray, replacement: string): string {
  return text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length);
}
