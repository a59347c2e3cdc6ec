import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxTextBytes } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import { parseContent, previewOf } from './content.ts';
import { Refusal } from './refusal.ts';

const types = [
  'text',
  'image',
  'audio',
  'video',
  'file',
  'location',
  'sticker',
  'link',
  'card',
  'choices',
  'form',
  'rating',
  'call',
  'system',
];
const isInvalid = (error: unknown) => error instanceof Refusal && error.code === 'content-invalid';

/** Objects that look nearly right: real field names, values of any kind. */
const nearlyContent = fc.dictionary(
  fc.constantFrom(
    'text',
    'url',
    'title',
    'choices',
    'fields',
    'values',
    'scale',
    'score',
    'latitude',
    'longitude',
    'kind',
    'media',
    'outcome',
    'fileName',
    'sizeBytes',
    'caption',
    'emoji',
    '__proto__',
    'constructor',
  ),
  fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('https://a.example/x', '/files/a/b/c.png', 'product', 'audio', 5, 3),
    fc.array(
      fc.record({ id: fc.string(), label: fc.string(), name: fc.string(), kind: fc.constantFrom('text', 'select') }),
    ),
  ),
);

test('whatever comes in, it is a content or a refusal; a content is stable and has a preview', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc
      .tuple(fc.constantFrom(...types, '__proto__', 'toString'), nearlyContent)
      .map(([type, fields]) => ({ ...fields, type })),
  );
  fc.assert(
    fc.property(anything, (input) => {
      try {
        const content = parseContent(input);
        assert.deepEqual(parseContent(JSON.parse(JSON.stringify(content))), content);
        const preview = previewOf(content);
        assert.ok(preview.length <= 120 && preview.isWellFormed() && !/\p{Cc}/u.test(preview));
      } catch (error) {
        if (!isInvalid(error)) throw error;
      }
    }),
    { numRuns: 3_000 },
  );
});

test('a text is kept exactly up to its bound in bytes, and refused beyond it or when it is empty', () => {
  for (const text of ['a\u0000b', '🧑‍🚀', '\ud800', '\u202eabc', ' ', 'x'.repeat(maxTextBytes), '界'.repeat(21_845)]) {
    assert.deepEqual(parseContent({ type: 'text', text, extra: 1 }), { type: 'text', text });
  }
  for (const text of ['', 'x'.repeat(maxTextBytes + 1), '界'.repeat(21_846), 5, null, undefined]) {
    assert.throws(() => parseContent({ type: 'text', text }), isInvalid);
  }
});

test('an address is one of the web or of ours: nothing that a screen would run or fetch elsewhere', () => {
  for (const url of ['https://a.example/x.png', 'HTTP://a.example', '/files/id/signature/name%20x.png']) {
    assert.doesNotThrow(() => parseContent({ type: 'image', url }), url);
  }
  for (const url of [
    'javascript:alert(1)',
    ' https://a.example',
    'data:text/html,x',
    '//a.example/x',
    '/api/v1/me',
    'file:///etc/passwd',
    '/files/"><script>',
    'https://',
    '',
    `https://a.example/${'x'.repeat(4_000)}`,
  ]) {
    assert.throws(() => parseContent({ type: 'image', url }), isInvalid, url);
  }
});

test('nobody writes a system entry from outside', () => {
  assert.throws(() => parseContent({ type: 'system', event: 'conversation.resolved', text: 'closed' }), isInvalid);
});
