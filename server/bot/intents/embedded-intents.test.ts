import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { noBroadcast } from '../../conversation/broadcast.ts';
import { until } from '../../testing/running-program.ts';
import { createEmbeddings } from '../embeddings/embeddings.ts';
import { meaningOf } from '../embeddings/meanings-fixture.ts';
import { readModelFolder } from '../embeddings/model-folder.ts';
import { writeTinyModel } from '../embeddings/tiny-model-fixture.ts';
import { shopIntents } from '../intent/shop-intents-fixture.ts';
import { openModel } from '../language-model/model-fixture.ts';
import { createBotIntents } from './bot-intents.ts';

const ada = { id: 'ada', name: 'Ada' };
const shop = shopIntents.slice(0, 3);
const shopFile = shop
  .flatMap(({ intent, utterances }) => utterances.map((utterance) => `${utterance}\t${intent}\n`))
  .join('');
/** Its vector alone tells what it is about. */
const reimburse = 'reimburse please';

/** Intents with an embedding by the settings, on a stand-in server or a folder with a tiny model. */
async function setUp(t: TestContext, { intents, dir }: { intents: 'server' | 'local'; dir?: string }) {
  const parts = await openModel(t);
  const { configs, model, store, server } = parts;
  // A machine on which much else runs is late where nobody means it.
  await configs.change({ embeddings: { intents, waitMs: 5_000 } });
  server.embedWith((text) => [...meaningOf(text)]);
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const folder = dir === undefined ? undefined : readModelFolder(dir);
  const embeddings = createEmbeddings({ configs, model, store: store.vectors, folder, clock: systemClock, onError });
  const bot = await createBotIntents({
    ...{ intents: store.intents, models: store.intentModels, trainings: store.intentTrainings },
    ...{ broadcast: noBroadcast, vectors: embeddings.intents, clock: systemClock, onError },
  });
  t.after(async () => {
    await bot.stop();
    await embeddings.stop();
  });
  await bot.library.bring(`${shopFile}what a nice day\tout-of-scope\n`, 'tsv');
  const train = async () => {
    const { id } = await bot.trainings.start('ada');
    return until(async () => {
      const seen = await bot.trainings.get(id);
      return seen.state !== 'running' && seen;
    });
  };
  return { ...parts, bot, embeddings, defects, train };
}

test('a training learns from vectors, measures with and without, and what is published answers by them while they come in time', async (t) => {
  const { bot, server, train, configs, defects, store } = await setUp(t, { intents: 'server' });
  const { state, version, problem } = await train();
  assert.deepEqual([state, problem, version], ['done', null, 1]);
  const texts = server.received.flatMap(({ body }) => body.input ?? []);
  assert.equal(new Set(texts).size, texts.length, 'each is asked for once');
  assert.ok(texts.includes('我要退款') && texts.includes('what a nice day'));
  const { model, evaluation } = await bot.evaluation(1);
  assert.deepEqual(model.embedding, { kind: 'server', model: 'vectors', prefix: '', dimensions: 16 });
  assert.ok((evaluation?.accuracy ?? 0) > (evaluation?.withoutVectors?.accuracy ?? 1), JSON.stringify(evaluation));

  await bot.model.publish(1, ada);
  const by = () => bot.model.recognize(reimburse)?.embedding;
  assert.equal(by(), 'absent', 'nobody has prepared it');
  await bot.model.prepare(reimburse);
  const found = bot.model.recognize(reimburse);
  assert.deepEqual([found?.candidates[0]?.intent, found?.embedding], ['refund', 'used']);
  assert.equal(bot.model.explain(reimburse)?.recognition.embedding, 'used');

  await configs.change({ embeddings: { waitMs: 100 } });
  server.answer({ kind: 'silent' });
  const began = performance.now();
  await bot.model.prepare('another reimburse');
  assert.ok(performance.now() - began < 4_000);
  assert.equal(bot.model.recognize('another reimburse')?.embedding, 'absent');

  await configs.change({ embeddings: { waitMs: 5_000 } });
  server.answer({ kind: 'text', text: '' });
  server.embedWith(() => [1, 2, 3]);
  await bot.model.prepare('a third reimburse');
  assert.equal(bot.model.recognize('a third reimburse')?.embedding, 'absent');

  assert.equal((await bot.models()).embedding.unused, null);
  await configs.change({ embeddings: { queryPrefix: 'query: ' } });
  const { embedding } = await bot.models();
  assert.deepEqual([embedding.unused?.prefix, embedding.current?.prefix], ['', 'query: ']);
  const asked = server.received.length;
  await bot.model.prepare('a fourth reimburse');
  assert.deepEqual([by(), server.received.length], ['absent', asked], 'vectors of another embedding are not asked for');
  assert.deepEqual(defects, []);
  const kept = await store.rows('select count(*) as n from text_vectors');
  assert.equal(Number((kept[0] as { n: number }).n), texts.length);
});

test('a training whose vectors cannot be had fails with the reason, and makes no version', async (t) => {
  const { bot, server, train, configs } = await setUp(t, { intents: 'server' });
  server.embedWith(() => ['no number']);
  const { state, version, problem } = await train();
  assert.deepEqual([state, version, problem?.code], ['failed', null, 'unavailable']);
  assert.match(problem?.detail ?? '', /vectors could not be had: .* no embedding for intents/);
  await configs.change({ budget: { tokensPerDay: 0 } });
  assert.match((await train()).problem?.detail ?? '', /budget/);
  await configs.change({ embeddings: { intents: 'local' } });
  assert.match((await train()).problem?.detail ?? '', /is not there/);
  await configs.change({ embeddings: { intents: 'none' } });
  const plain = await train();
  assert.deepEqual([plain.state, (await bot.models()).items.map(({ embedding }) => embedding)], ['done', [null]]);
});

test('versions with and without vectors are compared each by its own weights', async (t) => {
  const { bot, server, train, configs, store } = await setUp(t, { intents: 'server' });
  await train();
  await configs.change({ embeddings: { intents: 'none' } });
  await train();
  assert.equal((await bot.compare(2, 2, [])).withVectors, null);
  await configs.change({ embeddings: { intents: 'server' } });
  const before = (await store.rows('select hash from text_vectors')).length;
  const { withVectors, differences } = await bot.compare(2, 1, ['doors please', 'shipment please']);
  assert.equal(withVectors, true);
  assert.ok(differences.some(({ text, after }) => text === 'doors please' && after.intent === 'opening-hours'));
  assert.equal((await store.rows('select hash from text_vectors')).length, before, 'what was pasted is not kept');
  server.answer({ kind: 'status', status: 500 });
  assert.equal((await bot.compare(2, 1, ['a new text'])).withVectors, false);
});

test('a model in a folder is learnt from without any server, and answers by real inference', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-model-'));
  t.after(() => rm(dir, { recursive: true }));
  const groups = [
    ['refund', 'money', 'reimburse', '退'],
    ['parcel', 'package', 'delivery', '快', '物', '包'],
    ['open', 'opening', '营', '门'],
  ];
  await writeTinyModel(dir, { groups });
  const { bot, server, train, embeddings } = await setUp(t, { intents: 'local', dir });
  await until(async () => (await embeddings.state()).local?.kind === 'ready');
  const { state, problem } = await train();
  assert.deepEqual([state, problem], ['done', null]);
  await bot.model.publish(1, ada);
  await bot.model.prepare(reimburse);
  const found = bot.model.recognize(reimburse);
  assert.deepEqual([found?.candidates[0]?.intent, found?.embedding], ['refund', 'used']);
  const { embedding } = await bot.models();
  assert.match(embedding.current?.model ?? '', /^parley-model-.*@[0-9a-f]{8}$/);
  assert.equal(server.received.length, 0);
});
