import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Content, ContentType, FormField } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import { absoluteUrl, type Carries, contentTypes, degrade, wordsOf } from './degrade.ts';
import { utf8Bytes } from './split-text.ts';

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const url = fc.constantFrom('/files/a/b/photo.png', 'https://cdn.example/x.bin', '');
const media = { url, fileName: maybe(word), sizeBytes: maybe(fc.nat(3_000)), unavailable: maybe(word) };
const byType: { [K in ContentType]: fc.Arbitrary<unknown> } = {
  text: fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'grapheme', maxLength: 500 }) }),
  image: fc.record({ type: fc.constant('image'), caption: maybe(word), ...media }),
  audio: fc.record({ type: fc.constant('audio'), transcript: maybe(word), ...media }),
  video: fc.record({ type: fc.constant('video'), caption: maybe(word), thumbnailUrl: maybe(url), ...media }),
  file: fc.record({ type: fc.constant('file'), ...media }),
  location: fc.record({
    type: fc.constant('location'),
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    name: maybe(word),
    address: maybe(word),
  }),
  sticker: fc.record({ type: fc.constant('sticker'), emoji: maybe(fc.constant('🎉')), url: maybe(url) }),
  link: fc.record({ type: fc.constant('link'), url, title: word, description: maybe(word) }),
  card: fc.record({
    type: fc.constant('card'),
    kind: fc.constantFrom('product', 'order'),
    id: maybe(word),
    title: word,
    description: maybe(word),
    price: maybe(word),
    url: maybe(url),
  }),
  choices: fc.record({
    type: fc.constant('choices'),
    text: fc.string({ unit: 'grapheme', maxLength: 500 }),
    choices: fc.array(fc.record({ id: word, label: word }), { maxLength: 6 }),
  }),
  form: fc.record({
    type: fc.constant('form'),
    title: word,
    fields: fc.array(
      fc.record({ name: word, label: word, kind: fc.constant('select'), options: fc.array(word, { maxLength: 3 }) }),
      { maxLength: 3 },
    ),
    values: maybe(fc.dictionary(word, word)),
  }),
  rating: fc.record({
    type: fc.constant('rating'),
    scale: fc.constantFrom(5, 10),
    question: maybe(word),
    score: maybe(fc.integer({ min: 1, max: 5 })),
    comment: maybe(word),
  }),
  call: fc.record({ type: fc.constant('call'), media: fc.constantFrom('audio', 'video'), outcome: word }),
  system: fc.record({ type: fc.constant('system'), event: fc.constant('closed'), text: word }),
};
const content = fc.oneof(...Object.values(byType)).map((value) => JSON.parse(JSON.stringify(value)) as Content); // drops the fields that are undefined
const capabilities: fc.Arbitrary<Carries> = fc
  .record({
    content: fc.subarray([...contentTypes]).map((types) => [...new Set<ContentType>(['text', ...types])]),
    maxTextBytes: fc.integer({ min: 4, max: 600 }),
    maxChoices: maybe(fc.integer({ min: 1, max: 5 })),
    maxFileBytes: maybe(fc.integer({ min: 1, max: 3_000 })),
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as Carries);
const squeezed = (texts: readonly string[]) => texts.join('').replace(/\s+/gu, '');

describe('whatever the content and the channel', () => {
  test('every part is of a type that the channel carries, within its limits', () => {
    fc.assert(
      fc.property(content, capabilities, (whole, channel) => {
        for (const part of degrade(whole, channel)) {
          assert.ok(channel.content.includes(part.type), part.type);
          assert.ok(utf8Bytes(wordsOf(part).join('\n')) <= channel.maxTextBytes);
          if (part.type === 'choices') assert.ok(part.choices.length <= (channel.maxChoices ?? Infinity));
          if ('sizeBytes' in part) assert.ok((part.sizeBytes ?? 0) <= (channel.maxFileBytes ?? Infinity));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('none of its words is lost', () => {
    fc.assert(
      fc.property(content, capabilities, (whole, channel) => {
        const after = squeezed(degrade(whole, channel).flatMap(wordsOf));
        for (const words of wordsOf(whole)) assert.ok(after.includes(squeezed([words])), `lost: ${words}`);
      }),
      { numRuns: 3_000 },
    );
  });

  test('what comes out is carried as it is: degrading it again changes nothing', () => {
    fc.assert(
      fc.property(content, capabilities, (whole, channel) => {
        const once = degrade(whole, channel);
        assert.deepEqual(
          once.flatMap((part) => degrade(part, channel)),
          once,
        );
      }),
    );
  });
});

const plain: Carries = { content: ['text'], maxTextBytes: 2_000 };
const withLinks: Carries = { content: ['text', 'link'], maxTextBytes: 2_000 };
const publicUrl = 'https://chat.example.com/';

describe('the nearest that a channel can carry', () => {
  test('a card becomes a link, and without links a text with its address', () => {
    const card: Content = {
      type: 'card',
      kind: 'order',
      id: 'A-7',
      title: 'Blue shoes',
      price: '¥ 99.00',
      url: 'https://shop.example/a7',
    };
    assert.deepEqual(degrade(card, withLinks), [
      { type: 'link', url: 'https://shop.example/a7', title: 'Blue shoes', description: 'A-7\n¥ 99.00' },
    ]);
    assert.deepEqual(degrade(card, plain), [
      { type: 'text', text: 'Blue shoes\nA-7\n¥ 99.00\nhttps://shop.example/a7' },
    ]);
  });

  test('choices become a numbered text, also when there are more than the channel shows', () => {
    const choices: Content = {
      type: 'choices',
      text: 'Which one?',
      choices: [
        { id: 'a', label: 'Refund' },
        { id: 'b', label: 'Exchange' },
      ],
    };
    const numbered: Content[] = [{ type: 'text', text: 'Which one?\n1. Refund\n2. Exchange' }];
    assert.deepEqual(degrade(choices, plain), numbered);
    assert.deepEqual(degrade(choices, { ...plain, content: ['text', 'choices'], maxChoices: 1 }), numbered);
    assert.deepEqual(degrade(choices, { ...plain, content: ['text', 'choices'], maxChoices: 2 }), [choices]);
  });

  test('a question that is too long goes ahead, and its end stays with the buttons', () => {
    const choices: Content = {
      type: 'choices',
      text: `${'Long words. '.repeat(20)}Yes?`,
      choices: [{ id: 'y', label: 'Yes' }],
    };
    const parts = degrade(choices, { content: ['text', 'choices'], maxTextBytes: 200 });
    assert.deepEqual(
      parts.map((part) => part.type),
      ['text', 'choices'],
    );
    assert.match(wordsOf(parts[1] as Content)[0] ?? '', /Yes\?$/);
  });

  test('an image becomes a file with its caption behind, a link, or a text, with an absolute address', () => {
    const image: Content = { type: 'image', url: '/files/1/s/cat.png', fileName: 'cat.png', caption: 'My cat' };
    assert.deepEqual(degrade(image, { content: ['text', 'file'], maxTextBytes: 100 }, { publicUrl }), [
      { type: 'file', url: '/files/1/s/cat.png', fileName: 'cat.png' },
      { type: 'text', text: 'My cat' },
    ]);
    const address = 'https://chat.example.com/files/1/s/cat.png';
    assert.deepEqual(degrade(image, withLinks, { publicUrl }), [
      { type: 'link', url: address, title: 'cat.png', description: 'My cat', pictureUrl: address },
    ]);
    assert.deepEqual(degrade(image, plain, { publicUrl }), [{ type: 'text', text: `cat.png\nMy cat\n${address}` }]);
  });

  test('a file over the size limit becomes a link to it', () => {
    const file: Content = { type: 'file', url: '/files/1/s/big.zip', sizeBytes: 3_000_000 };
    const channel: Carries = { content: ['text', 'file', 'link'], maxTextBytes: 100, maxFileBytes: 1_000_000 };
    assert.deepEqual(degrade(file, channel, { publicUrl, language: 'zh-CN' }), [
      { type: 'link', url: 'https://chat.example.com/files/1/s/big.zip', title: '文件' },
    ]);
  });

  test('media that we do not have say so, even where the channel carries media', () => {
    const lost: Content = { type: 'image', url: '', fileName: 'a.jpg', unavailable: 'expired', caption: 'Look' };
    assert.deepEqual(degrade(lost, { content: ['text', 'image'], maxTextBytes: 100 }), [
      { type: 'text', text: '[a.jpg] expired\nLook' },
    ]);
  });

  test('a caption that is too long is sent behind its image', () => {
    const image: Content = { type: 'image', url: 'https://x.example/a.png', caption: 'word '.repeat(10).trim() };
    assert.deepEqual(degrade(image, { content: ['text', 'image'], maxTextBytes: 24 }), [
      { type: 'image', url: 'https://x.example/a.png' },
      { type: 'text', text: 'word word word word word' },
      { type: 'text', text: 'word word word word word' },
    ]);
  });

  test('sticker, location, form, rating and call become text that says the same', () => {
    const said = (whole: Content) => degrade(whole, plain).map((part) => part.type === 'text' && part.text);
    assert.deepEqual(said({ type: 'sticker', emoji: '🎉', url: 'https://x.example/s.png' }), ['🎉']);
    assert.deepEqual(said({ type: 'sticker' }), ['[Sticker]']);
    assert.deepEqual(
      said({ type: 'location', latitude: 31.2304, longitude: 121.4737, name: 'Shop', address: 'Bund 1' }),
      ['Shop\nBund 1\n31.2304, 121.4737'],
    );
    const fields: FormField[] = [
      { name: 'p', label: 'Phone', kind: 'phone', required: true },
      { name: 's', label: 'Size', kind: 'select', options: ['S', 'M'] },
    ];
    assert.deepEqual(said({ type: 'form', title: 'Call me', fields }), ['Call me\nPhone *\nSize (S / M)']);
    assert.deepEqual(said({ type: 'form', title: 'Call me', fields, values: { p: '1', s: 'M' } }), [
      'Call me\nPhone: 1\nSize: M',
    ]);
    assert.deepEqual(said({ type: 'rating', scale: 5, question: 'Happy?' }), ['Happy? (1–5)']);
    assert.deepEqual(said({ type: 'rating', scale: 5, question: 'Happy?', score: 4, comment: 'Yes' }), [
      'Happy?\n4/5\nYes',
    ]);
    assert.deepEqual(said({ type: 'call', media: 'video', outcome: 'missed' }), ['[Video call] missed']);
  });
});

test('only a path of ours is made absolute', () => {
  assert.equal(absoluteUrl('/files/a', 'https://x.example'), 'https://x.example/files/a');
  assert.equal(absoluteUrl('https://y.example/a', 'https://x.example'), 'https://y.example/a');
  assert.equal(absoluteUrl('/files/a', undefined), '/files/a');
});
