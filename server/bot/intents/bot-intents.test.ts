import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { type Broadcast, noBroadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { until } from '../../testing/running-program.ts';
import { openTestStore, type TestStore } from '../../testing/test-store.ts';
import { defaultBotSettings } from '../dialogue/bot-settings.ts';
import { shopIntents } from '../intent/shop-intents-fixture.ts';
import { type BotIntents, createBotIntents } from './bot-intents.ts';

const ada = { id: 'ada', name: 'Ada' };
const isRefused = (code: string, says?: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.code === code && (says === undefined || says.test(error.message));

/** The intents of one process; another one has its own on the same store. */
async function openIntents(
  t: TestContext,
  store: TestStore,
  { at = 1_700_000_000_000, broadcast = noBroadcast }: { at?: number; broadcast?: Broadcast } = {},
) {
  const clock = createTestClock(at);
  const defects: unknown[] = [];
  const bot = await createBotIntents({
    ...{ intents: store.intents, models: store.intentModels, trainings: store.intentTrainings },
    ...{ broadcast, clock, onError: (error: unknown) => defects.push(error) },
  });
  t.after(() => bot.stop());
  return { ...bot, bot, clock, defects };
}

/** Few, so that trainings are over soon. */
const shop = shopIntents.slice(0, 4);
const shopFile = shop
  .flatMap(({ intent, utterances }) => utterances.map((utterance) => `${utterance}\t${intent}\n`))
  .join('');

async function trained({ trainings }: BotIntents): Promise<number> {
  const { id } = await trainings.start('ada');
  const ended = await until(async () => {
    const seen = await trainings.get(id);
    return seen.state !== 'running' && seen;
  });
  assert.deepEqual([ended.state, ended.progress, ended.problem], ['done', 100, null]);
  return ended.version ?? assert.fail('there is a version');
}

test('what is trained serves once it is published, in every process and after a restart, and the former one click later', async (t) => {
  const store = await openTestStore();
  const here = await openIntents(t, store);
  await here.library.bring(shopFile, 'tsv');
  assert.equal(here.model.recognize('refund'), undefined);
  assert.equal(await trained(here.bot), 1);
  assert.equal(here.model.recognize('refund'), undefined, 'nobody has published it');
  await here.model.publish(1, ada);
  assert.equal(here.model.recognize('i want my money back please')?.intent, 'refund');
  assert.equal(here.model.recognize('我要退款')?.intent, 'refund');
  const there = await openIntents(t, store);
  assert.deepEqual([there.model.version, there.model.recognize('track my parcel')?.intent], [1, 'delivery']);

  // Thresholds are proposed from what was measured, and stay with the version that they were chosen for.
  const cells = [
    {
      intent: 'refund',
      language: 'en',
      belong: [60, 60],
      bins: [
        [70, 0, 60, 0, 0],
        [70, 1, 59, 1, 0],
      ],
    },
  ];
  const answers = { outsideWeight: 0, withheld: [], cells };
  await store.intentModels.setEvaluation(1, { summary: '{}', whole: JSON.stringify({ answers }) });
  const seen = await here.thresholds.view(1, defaultBotSettings);
  assert.deepEqual(
    seen.measured?.groups.map(({ intent, language, proposal, before, after }) => [
      ...[intent, language, proposal.kind, proposal.kind === 'proposed' && proposal.act],
      ...[before.right, after?.right, after?.wrong],
    ]),
    [
      [null, 'en', 'proposed', 0.5, 0, 119, 1],
      ['refund', 'en', 'proposed', 0.5, 0, 119, 1],
    ],
  );
  const change = (take: 'all' | { intent: string; language: string }[], base: number | null) =>
    here.thresholds.change(1, defaultBotSettings, { take, drop: [], base }, ada);
  await assert.rejects(change([{ intent: 'refund', language: 'zh' }], null), isRefused('bad-request', /take\[0\]/));
  await assert.rejects(here.thresholds.back(1, ada), isRefused('conflict'));
  await change([{ intent: 'refund', language: 'en' }], null);
  await assert.rejects(change('all', null), isRefused('conflict', /Somebody else/));
  await change('all', 1);
  await there.model.reload();
  assert.deepEqual([here.model.thresholds.length, there.model.thresholds.length], [2, 2]);
  await here.thresholds.back(1, ada);
  assert.deepEqual(
    here.model.thresholds.map(({ intent, act }) => [intent, act]),
    [['refund', 0.5]],
  );
  await assert.rejects(here.thresholds.view(9, defaultBotSettings), isRefused('not-found'));

  const parcel = (await here.library.list({ q: 'delivery', limit: 1 }))[0] ?? assert.fail('it is there');
  await here.library.change(parcel.id, { name: 'parcel' });
  assert.equal(await trained(here.bot), 2);
  await here.model.publish(2, ada);
  assert.equal(here.model.recognize('track my parcel')?.intent, 'parcel');
  await there.model.reload();
  assert.deepEqual([there.model.version, there.model.recognize('track my parcel')?.intent], [2, 'parcel']);
  assert.deepEqual([here.model.thresholds, there.model.thresholds], [[], []], 'another version begins without');
  assert.deepEqual((await here.thresholds.view(2, defaultBotSettings)).former, { version: 1, thresholds: 1 });
  const { former, published, items } = await there.models();
  assert.deepEqual([former, published?.version, items.map(({ version }) => version)], [1, 2, [2, 1]]);
  const compared = await here.compare(1, 2, ['where is my package now']);
  assert.deepEqual([compared.texts, compared.better >= 5], [25, true]);
  assert.ok(compared.differences.every((one) => one.before.intent !== one.after.intent));
  await here.model.publish(1, ada);
  assert.equal(here.model.recognize('track my parcel')?.intent, 'delivery');
  assert.equal(here.model.thresholds.length, 1, 'and whoever goes back has its own again');
  assert.deepEqual([here.defects, there.defects], [[], []]);
});

test('a version is measured on utterances that it was not trained on', async (t) => {
  const store = await openTestStore();
  const { bot, library, evaluation, models } = await openIntents(t, store);
  await library.bring(`${shopFile}what a nice day\tout-of-scope\n`, 'tsv');
  const version = await trained(bot);
  const { evaluation: found } = await evaluation(version);
  assert.ok(found !== null);
  assert.deepEqual([found.asked, found.folds, found.intents.length], [24, 5, 4]);
  assert.ok((found.accuracy ?? 0) > 0.2 && (found.accuracy ?? 0) < 1, String(found.accuracy));
  const wrong = found.confusions.reduce((sum, { count }) => sum + count, 0);
  assert.equal(Math.round((1 - (found.accuracy ?? 0)) * 24), wrong);
  assert.deepEqual([found.outOfScopeList?.asked, found.curve.length, found.curve[0]?.coverage], [1, 100, 1]);
  assert.ok(found.outOfScopeAsked > 0 && found.outOfScopeRecall !== null);
  assert.equal((await models()).items[0]?.summary?.accuracy, found.accuracy);
});

test('one training runs at a time over all processes; cancelled anywhere, it ends and makes way', async (t) => {
  const store = await openTestStore();
  const [here, there] = [await openIntents(t, store), await openIntents(t, store)];
  await here.library.bring(shopFile, 'tsv');
  const { id } = await here.trainings.start('ada');
  await assert.rejects(there.trainings.start('bob'), isRefused('conflict', /under way/));
  await there.trainings.cancel(id);
  assert.equal((await here.trainings.get(id)).state, 'cancelled');
  // The first may have made its version already: that one stays.
  assert.ok((await trained(there.bot)) >= 1);
  assert.deepEqual([here.defects, there.defects], [[], []]);
});

test('a process that died while it trained leaves nothing stuck', async (t) => {
  const store = await openTestStore();
  const asked = { state: 'running', stage: 'learning', progress: 40, version: null, problem: null } as const;
  const dead = { ...asked, id: 'dead', requestedBy: 'ada', createdAt: 1_700_000_000_000, seenAt: 1_700_000_000_000 };
  await store.intentTrainings.begin(dead, 0, '{}');
  const later = await openIntents(t, store, { at: 1_700_000_060_000 });
  const seen = await later.trainings.get('dead');
  assert.deepEqual([seen.state, seen.problem?.code], ['failed', 'unavailable']);
  await later.library.bring(shopFile, 'tsv');
  assert.equal(await trained(later.bot), 1);
});

test('too little to learn is told in words, and a stop of the server too', async (t) => {
  const store = await openTestStore();
  const { library, trainings } = await openIntents(t, store);
  await library.create({ name: 'refund', utterances: ['money back'] });
  const ended = async (id: string) =>
    until(async () => {
      const seen = await trainings.get(id);
      return seen.state !== 'running' && seen;
    });
  const { state, problem } = await ended((await trainings.start('ada')).id);
  assert.deepEqual([state, problem?.code], ['failed', 'settings-invalid']);
  await library.bring(shopFile, 'tsv');
  const { id } = await trainings.start('ada');
  await trainings.stop();
  assert.equal((await ended(id)).problem?.code, 'unavailable');
});

test('a damaged model is named, is not published, and the former one goes on serving', async (t) => {
  const store = await openTestStore();
  const here = await openIntents(t, store);
  await here.library.bring(shopFile, 'tsv');
  await here.model.publish(await trained(here.bot), ada);
  assert.equal(await trained(here.bot), 2);
  const [piece] = await store.intentModels.pieces(2, { from: 1, limit: 1 });
  assert.ok(piece !== undefined);
  piece[100] = (piece[100] as number) ^ 1;
  const base64 = Buffer.from(piece).toString('base64');
  await store.run(`update intent_model_pieces set data = '${base64}' where version = 2 and n = 1`);
  await assert.rejects(here.model.publish(2, ada), isRefused('conflict', /Version 2 is damaged/));
  assert.equal(here.model.recognize('refund')?.intent, 'refund');
  // Published before it was damaged: found at a start.
  await store.intentModels.publish({ n: 2, version: 2, author: ada, at: 1, despite: null });
  const there = await openIntents(t, store);
  assert.deepEqual([there.model.version, there.model.problem?.version], [1, 2]);
  assert.match(there.model.problem?.detail ?? '', /train again/);
  assert.equal(there.model.recognize('refund')?.intent, 'refund');
  assert.equal(there.defects.length, 1);
  await assert.rejects(here.model.publish(9, ada), isRefused('not-found'));
});

test('an utterance in two intents is shown from both sides, and an intent without one is named', async (t) => {
  const store = await openTestStore();
  const { library } = await openIntents(t, store);
  const refund = await library.create({ name: 'refund', utterances: ['Money back!', 'refund me'] });
  const cancel = await library.create({ name: 'cancel', utterances: ['money  back', 'Money back'] });
  await library.create({ name: 'hours' });
  assert.deepEqual([cancel.utterances, cancel.conflicts], [1, 1]);
  const { conflicts, empty } = await library.problems();
  assert.deepEqual(
    conflicts.map(({ intents }) => intents.map(({ name }) => name).toSorted()),
    [['cancel', 'refund']],
  );
  assert.deepEqual(
    empty.map(({ name }) => name),
    ['hours'],
  );
  const [first] = await library.utterances(refund.id, { limit: 10 });
  assert.deepEqual(first?.alsoIn, [{ id: cancel.id, name: 'cancel' }]);
  await assert.rejects(library.create({ name: 'refund' }), isRefused('conflict', /already/));
  await assert.rejects(library.addUtterances(refund.id, ['fine', ' 🎉 ']), isRefused('settings-invalid', /\[1\]/));
  assert.equal((await library.get(refund.id)).utterances, 2, 'nothing of it was added');
});

test('a file comes back as it went out', async (t) => {
  const store = await openTestStore();
  const { library } = await openIntents(t, store);
  const odd = 'say "hi", please\t=1+1\n';
  await library.bring(`${shopFile}${odd}nothing of ours\tout-of-scope\n`, 'tsv');
  const csv = await library.file('csv');
  const tsv = await library.file('tsv');
  for (const { id } of await library.list({ limit: 100 })) await library.remove(id);
  assert.deepEqual(await library.bring(csv, 'csv'), { intents: 5, added: 25, known: 1 });
  assert.equal(await library.file('tsv'), tsv);
  assert.deepEqual(await library.counts(), { intents: 5, utterances: 25, outOfScope: 1 });
});
