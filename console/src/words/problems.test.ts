import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import i18next from 'i18next';
import Type, { type TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { en } from './en.ts';
import { problemWords, problemWordsAt } from './problems.ts';
import { faultsInChinese, refusalsInChinese } from './refusals-zh.ts';
import { zhCn } from './zh-cn.ts';

const server = join(import.meta.dirname, '../../../server');

/** Codes that no person at the console meets, and why. */
const neverSeen: Readonly<Record<string, string>> = {
  'signature-missing': 'a platform that calls back is told so',
  'signature-wrong': 'a platform that calls back is told so',
  'signature-stale': 'a platform that calls back is told so',
};

before(async () => {
  await i18next.init({
    resources: { en: { translation: en }, 'zh-CN': { translation: zhCn } },
    lng: 'zh-CN',
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
  });
});

/** Every sentence of a refusal in the server's code, `{}` for what differs, without the field's name before it. */
function sentencesOfServer(): Set<string> {
  const sentences = new Set<string>();
  const files = readdirSync(server, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /\.ts$/.test(name) && !name.includes('node_modules'))) {
    const text = readFileSync(join(server, file), 'utf8');
    for (const [, , raw = ''] of text.matchAll(/([`'"])((?:(?!\1)[^\\\n]|\\.)*)\1/g)) {
      const sentence = raw.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '{}').replaceAll("\\'", "'");
      sentences.add(sentence);
      sentences.add(sentence.replace(/^[\w.[\]{}]+: /, ''));
    }
  }
  return sentences;
}

test('every code that the server can send has words in both languages, or is seen by no person', () => {
  const table = readFileSync(join(server, 'gateway/refusal.ts'), 'utf8').split('} as const')[0] ?? '';
  const codes = [...table.matchAll(/^ {2}'?([a-z-]+)'?: \d{3},$/gm)].map(([, code = '']) => code);
  assert.ok(codes.length >= 22, `${codes.length} codes were found`);
  const known = [...Object.keys(en.problem), ...Object.keys(neverSeen)];
  assert.deepEqual(
    codes.filter((code) => !known.includes(code)),
    [],
  );
  const ours = ['internal', 'network'];
  assert.deepEqual(
    known.filter((code) => !codes.includes(code) && !ours.includes(code)),
    [],
    'no words are left of a code that is gone',
  );
});

test('every sentence that is said in Chinese is one of the server', () => {
  const sentences = sentencesOfServer();
  const isThere = (sentence: string) => sentences.has(sentence) || sentences.has(sentence.replace(/\.$/, ''));
  const gone = Object.keys(refusalsInChinese).filter((sentence) => !isThere(sentence.replace(/\{\d\}/g, '{}')));
  assert.deepEqual(gone, []);
});

test('what the check of a request says has the words that we know it by', () => {
  const told = (schema: TSchema, value: unknown) => `${Errors(schema, value)[0]?.message}.`;
  const faults = [
    told(Type.String(), 1),
    told(Type.Number(), 'a'),
    told(Type.Integer(), 1.5),
    told(Type.Number({ minimum: 7 }), 1),
    told(Type.Number({ maximum: 7 }), 9),
    told(Type.String({ minLength: 7 }), ''),
    told(Type.String({ maxLength: 7 }), 'a'.repeat(9)),
    told(Type.Array(Type.String(), { minItems: 7 }), []),
    told(Type.Array(Type.String(), { maxItems: 7 }), Array(9).fill('a')),
    told(Type.String({ format: 'email' }), 'a'),
    told(Type.String({ pattern: '^7$' }), 'a'),
  ];
  for (const detail of faults) assert.match(problemWords({ detail }), /^[^a-z]+$/i, detail);
  assert.equal(faults.length, Object.keys(faultsInChinese).length);
});

test('what differs each time stands in both, and no Chinese was left in English', () => {
  const placesOf = (text: string) => [...text.matchAll(/\{\d\}/g)].map(String).toSorted();
  for (const [sentence, words] of Object.entries(refusalsInChinese)) {
    assert.deepEqual(placesOf(words), placesOf(sentence), sentence);
    assert.match(words, /\p{Script=Han}/u, sentence);
  }
});

test('a refusal is told in the language of its reader, with what differs in it', async () => {
  const detail = 'baseVersion: version 8 holds by now, and not 7: look at it, then publish again.';
  assert.equal(problemWords({ code: 'conflict', detail }), 'baseVersion：当前已是版本 8，而不是 7。请查看后重新发布。');
  assert.equal(
    problemWordsAt('email', { code: 'conflict', detail: 'email: there is an agent with this address already.' }),
    '已有客服使用此邮箱。',
  );
  await i18next.changeLanguage('en');
  assert.equal(problemWords({ code: 'conflict', detail }), detail);
  assert.equal(problemWordsAt('name', { code: 'bad-request', detail: 'name: is required.' }), 'Is required.');
  await i18next.changeLanguage('zh-CN');
});

test('what has no words of its own is told by its code, and by the server’s sentence where there is no code that we know', () => {
  assert.equal(
    problemWords({ code: 'settings-invalid', detail: 'hours: overlaps.' }),
    '设置不符合要求。（hours: overlaps.）',
  );
  assert.equal(
    problemWordsAt('hours', { code: 'settings-invalid', detail: 'hours: overlaps.' }),
    '设置不符合要求。（overlaps.）',
  );
  assert.equal(problemWords({ code: 'http-502', detail: 'Bad gateway.' }), 'Bad gateway.');
  assert.equal(problemWords({ detail: 'Strange.' }), 'Strange.');
});

test('what the server says to programs is told in words for people, in every language', async () => {
  const problem = {
    code: 'cursor-invalid',
    detail: 'cursor: this is not one that this list gave; begin again without it.',
  };
  assert.equal(problemWords(problem), zhCn.problem['cursor-invalid']);
  await i18next.changeLanguage('en');
  assert.equal(problemWords(problem), en.problem['cursor-invalid']);
  await i18next.changeLanguage('zh-CN');
});
