import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Intents, PassageQuery } from '../ports.ts';
import { recognized, shopSettings, trackFlow, unsure } from './dialogue-fixture.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';
import { createLanguageTeller } from './language-teller.ts';
import { type BotParts, think } from './think.ts';

async function thinkWith(intents: Intents, answerWithinMs = 5_000, approved: Pick<BotParts, 'approved'> = {}) {
  const defects: unknown[] = [];
  const thought = {
    ...{ conversationId: 'c', state: { ...newDialogue, turns: 1 }, said: { text: ' my refund ', isWordless: false } },
    settings: { version: 1, document: { ...shopSettings, answerWithinMs } },
    flows: { version: 1, document: { flows: [trackFlow] } },
    ...{ channelType: 'web', vip: false, isOpen: true, opensAt: null, timeZone: 'UTC' },
    call: () => Promise.reject(new Error('nothing is called')),
  };
  const { decision } = await think(thought, {
    parts: { intents, ...approved },
    now: () => 0,
    onError: (error) => defects.push(error),
  });
  return { decision, defects };
}

test('what recognising wants from elsewhere is there before it recognises, of the same text', async () => {
  const prepared = new Set<string>();
  const { decision, defects } = await thinkWith({
    prepare: async (text) => {
      await new Promise((resolve) => setImmediate(resolve));
      prepared.add(text);
    },
    recognize: (text) => ({ ...recognized('refund', 0.9), embedding: prepared.has(text) ? 'used' : 'absent' }),
  });
  assert.deepEqual([decision.band, decision.stages.map(({ data }) => data.embedding)], ['intent', ['used']]);
  assert.deepEqual(defects, []);
});

test('what fails while it is fetched is told once, and the text is recognised all the same', async () => {
  const { decision, defects } = await thinkWith({
    prepare: () => Promise.reject(new Error('the store is away')),
    recognize: () => recognized('refund', 0.9),
  });
  assert.deepEqual([decision.band, defects.length], ['intent', 1]);
});

test('what is never fetched ends with the time for an answer: a person gets it', async () => {
  const never = new Promise<void>(() => undefined);
  const keepAlive = setInterval(() => undefined, 1_000);
  const { decision } = await thinkWith({ prepare: () => never, recognize: () => recognized('refund', 0.9) }, 60);
  clearInterval(keepAlive);
  assert.equal(decision.handOff?.reason, 'time-out');
});

test('an approved answer is said at once: nothing is fetched for it, and where it cannot be looked for the intent answers', async () => {
  const match = { id: 'a1', question: 'my refund', answer: 'Here.', kind: 'same', likeness: 1 } as const;
  const intents: Intents = { prepare: () => assert.fail('fetched'), recognize: () => recognized('refund', 0.9) };
  const { decision } = await thinkWith(intents, 5_000, { approved: { find: () => match } });
  assert.deepEqual([decision.band, decision.messages[0]?.text], ['approved', 'Here.']);
  const broken = { find: () => assert.fail('broken') };
  const other = await thinkWith({ recognize: () => recognized('refund', 0.9) }, 5_000, { approved: broken });
  assert.deepEqual([other.decision.band, other.defects.length], ['intent', 1]);
});

test('who writes Spanish is greeted in Spanish, and gets what the knowledge base has in it', async () => {
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const asked: (string | undefined)[] = [];
  const greeting = 'Hola, soy el asistente.';
  const say = (text: string, more: Partial<DialogueState> = {}) =>
    think(
      {
        ...{ conversationId: 'c', state: { ...newDialogue, ...more }, said: { text, isWordless: false } },
        settings: { version: 1, document: { ...shopSettings, texts: { ...shopSettings.texts, es: { greeting } } } },
        flows: { version: 1, document: { flows: [] } },
        ...{ channelType: 'web', vip: false, isOpen: true, opensAt: null, timeZone: 'UTC' },
        call: () => Promise.reject(new Error('nothing is called')),
      },
      {
        parts: {
          intents: { recognize: () => unsure },
          knowledge: {
            search: async ({ language }) => {
              asked.push(language);
              return [
                { id: 'p', source: { kind: 'article', id: 'a', title: 'Zapatos' }, text: '30 días.', score: 0.9 },
              ];
            },
          },
          languages: createLanguageTeller({ spoken: async () => ['en', 'es-MX', 'fr'], onError }),
        },
        now: () => 0,
        onError,
      },
    );
  const spanish = await say('cómo puedo devolver unos zapatos');
  assert.equal(spanish.decision.messages[0]?.text, greeting);
  const noWords = await say('où puis-je renvoyer ces chaussures');
  assert.match(noWords.decision.messages[0]?.text ?? '', /^Hello/, 'in English rather than in Chinese');
  const english = await say('how can I return my shoes');
  assert.notEqual(english.decision.messages[0]?.text, greeting);
  const { state } = await say('12345', { customerLanguage: 'es-MX' });
  assert.deepEqual(
    [asked.slice(0, 3), spanish.state.language, english.state.language],
    [['es', 'fr', 'en'], 'es', 'en'],
  );
  assert.equal(state.language, 'es-MX', 'as the channel says');
  assert.deepEqual(defects, []);
});

test('the search is told what is known of the question, and an article that may answer gets the address where customers read it', async () => {
  const asked: PassageQuery[] = [];
  const article = (id: string, score: number, language: string) => ({
    ...{ id, source: { kind: 'article' as const, id, title: `Title ${id}` }, text: 'Wipe it.', score, language },
  });
  const addresses: (string | undefined)[][] = [];
  const thinkOf = (citeSources: boolean, articleAddress: BotParts['articleAddress']) =>
    think(
      {
        ...{ conversationId: 'c', state: { ...newDialogue, turns: 1, about: ['p-one'], language: 'en' } },
        said: { text: 'how do I clean it by 2026-12-01', isWordless: false },
        settings: { version: 1, document: { ...shopSettings, citeSources } },
        flows: { version: 1, document: { flows: [] } },
        ...{ channelType: 'web', vip: false, isOpen: true, opensAt: null, timeZone: 'UTC' },
        call: () => Promise.reject(new Error('nothing is called')),
      },
      {
        parts: {
          entities: { find: () => [{ type: 'date', text: '2026-12-01', start: 21, end: 31, value: '2026-12-01' }] },
          knowledge: {
            search: () => assert.fail('the path would be lost'),
            explained: async (query) => {
              asked.push(query);
              return { passages: [article('a', 0.9, 'zh-CN'), article('b', 0.1, 'en')], path: null };
            },
          },
          ...(articleAddress === undefined ? {} : { articleAddress }),
        },
        now: () => 0,
        onError: (error) => addresses.push([(error as Error).message]),
      },
    );
  const told = async (id: string, language: string | undefined) => {
    addresses.push([id, language]);
    return `https://chat.example/help/${language}/articles/${id}`;
  };
  const cited = await thinkOf(true, told);
  assert.deepEqual([asked[0]?.about, asked[0]?.entities?.length], [['p-one'], 1]);
  assert.match(cited.decision.messages.at(-1)?.text ?? '', /Title a https:\/\/chat.example\/help\/zh-CN\/articles\/a$/);
  assert.deepEqual(addresses, [['a', 'zh-CN']], 'of what may answer alone');
  const failing = await thinkOf(true, () => Promise.reject(new Error('the store is away')));
  assert.match(failing.decision.messages.at(-1)?.text ?? '', /Title a$/);
  assert.deepEqual(addresses.at(-1), ['the store is away']);
  await thinkOf(false, () => assert.fail('no source is named'));
});
