import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Flow, Flows } from '@parley/sdk/flow-document.ts';
import { noBroadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { until } from '../../testing/running-program.ts';
import { append, openTestStore, reply, type TestStore } from '../../testing/test-store.ts';
import { startBots } from '../dialogue/bot-fixture.ts';
import { type BotSettings, defaultBotSettings } from '../dialogue/bot-settings.ts';
import { trackFlow } from '../dialogue/dialogue-fixture.ts';
import { shopIntents } from '../intent/shop-intents-fixture.ts';
import { type BotIntents, createBotIntents } from '../intents/bot-intents.ts';
import { createPublishGate } from './publish-gate.ts';
import { createReplays, type Replays } from './replays.ts';

const ada = { id: 'ada', name: 'Ada' };
const dayMs = 24 * 3_600_000;
/** Few, so that trainings are over soon. */
const shop = shopIntents.slice(0, 3);
const settings: BotSettings = {
  ...defaultBotSettings,
  enabled: true,
  reactions: shop.map(({ intent }) => ({
    ...{ intent, labels: {}, groupId: null },
    does: { kind: 'answer', texts: { default: `About ${intent}.` } },
  })),
};
const fileOf = (intents: typeof shop) =>
  intents.flatMap(({ intent, utterances }) => utterances.map((utterance) => `${utterance}\t${intent}\n`)).join('');
const isRefused = (code: string, says: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.code === code && says.test(error.message);

/** A shop whose bot has answered each utterance of two intents, a few days ago; every second process shares its store. */
async function openShop(t: TestContext, how?: 'unmeasured') {
  const store = await openTestStore();
  const bots = await startBots(t, { on: store, settings, parts: { intents: late(() => bot.model) } });
  const { clock } = bots;
  const onError = (error: unknown) => bots.defects.push(error);
  const bot = await createBotIntents({
    ...{ intents: store.intents, models: store.intentModels, trainings: store.intentTrainings },
    ...{ broadcast: noBroadcast, clock, onError },
  });
  t.after(() => bot.stop());
  await bot.library.bring(fileOf(shop), 'tsv');
  await trainOn(bot, how);
  await bot.model.publish(1, ada);
  const ids: string[] = [];
  for (const [at, words] of shop
    .slice(0, 2)
    .flatMap(({ utterances }) => utterances)
    .entries()) {
    const id = await bots.write(`contact ${at}`, words);
    await bots.give(id);
    await bots.settled();
    ids.push(id);
  }
  await clock.advance(3 * dayMs);
  const replays = openReplays(t, store, bot, clock, onError);
  const gate = createPublishGate({
    ...{ replays, intents: bot, models: store.intentModels, dialogues: store.dialogues, clock },
  });
  return { store, bot, bots, clock, replays, gate, ids, onError };
}

const late = (model: () => BotIntents['model']) => ({
  recognize: (text: string) => model().recognize(text),
  get version() {
    return model().version;
  },
});

/** Somebody begins the flow, and does not tell what it asks for. */
async function trackWithoutNumber(bots: Awaited<ReturnType<typeof startBots>>): Promise<void> {
  const id = await bots.write('somebody', 'track');
  await bots.give(id);
  await bots.settled();
  await bots.write('somebody', 'I do not have it here');
  await bots.settled();
}

function openReplays(
  t: TestContext,
  store: TestStore,
  bot: BotIntents,
  clock: Awaited<ReturnType<typeof startBots>>['clock'],
  onError: (error: unknown) => void,
): Replays {
  const flows: Flows = { flows: [trackFlow] };
  const replays = createReplays({
    ...{ store: store.replays, dialogues: store.dialogues, labels: store.labels, messages: store.conversations },
    ...{ models: store.intentModels, intents: bot, parts: {}, clock, onError, channelTypeOf: () => 'web' },
    settings: {
      current: { version: 1, document: settings, publishedAt: 0 },
      check: (document) => document as BotSettings,
    },
    flows: { current: { version: 1, document: flows, publishedAt: 0 }, check: (document) => document as Flows },
    hours: { isOpen: () => true, opensAt: () => null, timeZone: () => 'UTC' },
  });
  t.after(() => replays.stop());
  return replays;
}

/** A new version; `unmeasured`: as soon as it has learnt. */
async function trainOn({ trainings }: BotIntents, how?: 'unmeasured'): Promise<void> {
  const { id } = await trainings.start('ada');
  const has = await until(async () => {
    const seen = await trainings.get(id);
    return (seen.state === 'done' || (how === 'unmeasured' && seen.version !== null)) && seen;
  });
  if (has.state !== 'done') await trainings.cancel(id);
}

/** The utterances of two intents change places. */
async function swap({ library }: BotIntents): Promise<void> {
  const [first, second] = await Promise.all(
    shop.slice(0, 2).map(async ({ intent }) => (await library.list({ q: intent, limit: 1 }))[0]),
  );
  assert.ok(first !== undefined && second !== undefined);
  for (const { id } of [first, second]) {
    const there = await library.utterances(id, { limit: 100 });
    await library.removeUtterances(
      id,
      there.map((utterance) => utterance.id),
    );
  }
  await library.addUtterances(first.id, shop[1]?.utterances ?? []);
  await library.addUtterances(second.id, shop[0]?.utterances ?? []);
}

async function resultOf(replays: Replays, id: string) {
  const { result, state, problem } = await until(async () => {
    const seen = await replays.get(id);
    return seen.state !== 'running' && seen;
  });
  assert.deepEqual([state, problem], ['done', null]);
  assert.ok(result !== null);
  return result;
}

test('a model whose intents changed places is caught on past conversations, and is published only by who insists', async (t) => {
  const { bot, bots, replays, gate, ids, store } = await openShop(t, 'unmeasured');
  await swap(bot);
  await trainOn(bot, 'unmeasured');
  const same = await resultOf(replays, (await replays.start({ kind: 'model', version: 1 }, { days: 7 }, 'ada')).id);
  assert.deepEqual([same.turns, same.changed, same.verdict.objections], [12, 0, []]);
  assert.deepEqual([same.pairs.known, same.pairs.before.right, same.knownBy.held], [12, 12, 12]);

  const found = await resultOf(replays, (await replays.start({ kind: 'model', version: 2 }, { days: 7 }, 'ada')).id);
  assert.deepEqual([found.pairs.worse, found.pairs.better, found.pairs.after.right], [12, 0, 0]);
  assert.ok(found.verdict.objections.some(({ code }) => code === 'answers-worse'));
  const [largest] = found.disagreements;
  assert.deepEqual([largest?.before.does, largest?.change, largest?.count], ['answers', 'worse', 6]);
  const [example] = largest?.examples ?? [];
  assert.ok(ids.includes(example?.conversationId ?? ''));
  assert.ok(shop.some(({ utterances }) => utterances.includes(example?.text ?? '')));
  assert.equal(JSON.stringify(await store.rows('select result from bot_replays')).includes('money back'), false);

  await assert.rejects(gate.model(2, false), isRefused('worse-than-live', /12 get a worse answer and 0 a better/));
  const despite = await gate.model(2, true);
  assert.match(despite ?? '', /answers-worse/);
  await bot.model.publish(2, ada, despite);
  const { published, former } = await bot.models();
  assert.deepEqual([published?.version, published?.author, former], [2, ada, 1]);
  assert.match(JSON.stringify(published?.despite), /answers-worse/);
  assert.equal(await gate.model(1, false), null, 'one click back');
  assert.equal(
    (await replays.list()).every(({ isCurrent }) => !isCurrent),
    true,
    'something else is live by now',
  );
  assert.deepEqual(bots.defects, []);
});

test('settings and flows are replayed too: what would newly break or answer worse is told, other words are only shown', async (t) => {
  const { bots, replays, gate, clock } = await openShop(t, 'unmeasured');
  const run = async (kind: 'settings' | 'flows', document: object) =>
    resultOf(replays, (await replays.start({ kind, document }, { days: 30 }, 'ada')).id);
  const [refund, ...others] = settings.reactions;
  assert.ok(refund !== undefined);
  const reworded = {
    ...settings,
    reactions: [{ ...refund, does: { kind: 'answer', texts: { default: 'Said otherwise.' } } }, ...others],
  };
  const words = await run('settings', reworded);
  assert.deepEqual(
    words.disagreements.map(({ change, count }) => [change, count]),
    [['words', 6]],
  );
  assert.equal(await gate.document('settings', reworded, false), null);

  const silent = { ...settings, thresholds: { ...settings.thresholds, act: 1, ask: 1 } };
  const worse = await run('settings', silent);
  assert.deepEqual([worse.before.acts, worse.after.acts, worse.pairs.worse], [12, 0, 12]);
  await assert.rejects(gate.document('settings', silent, false), isRefused('worse-than-live', /past turns/));
  assert.match((await gate.document('settings', silent, true)) ?? '', /answers-worse/);

  await trackWithoutNumber(bots);
  await clock.advance(1_000);
  const same = await run('flows', { flows: [trackFlow] });
  assert.deepEqual([same.turns, same.changed, same.verdict.objections], [14, 0, []]);
  const without = await run('flows', { flows: [] });
  assert.deepEqual([without.turns, without.leftOut.stepGone, without.changed], [13, 1, 1], 'one stood in its step');
  assert.deepEqual(without.verdict.objections, []);
  const broken = await run('flows', { flows: [{ ...trackFlow, first: 'gone' }] });
  assert.deepEqual(broken.troubles, { newly: 1, gone: 0 });
  await assert.rejects(
    gate.document('flows', { flows: [{ ...trackFlow, first: 'gone' }] }, false),
    isRefused('worse-than-live', /newly end in an error or a loop: 1;/),
  );
  assert.equal(await gate.document('settings', { ...silent, language: 'en' }, false), null, 'it was never replayed');
  assert.deepEqual(bots.defects, []);
});

test('what customers asked first where people had the conversation is replayed too', async (t) => {
  const { bots, replays, clock, store } = await openShop(t, 'unmeasured');
  const id = await bots.write('somebody', 'i want my money back');
  await bots.takeOver(id);
  await append(store, reply(id, { at: clock.now() }));
  await bots.write('somebody', 'this was said to a person');
  await clock.advance(1_000);
  const found = await resultOf(replays, (await replays.start({ kind: 'model', version: 1 }, { days: 1 }, 'ada')).id);
  assert.deepEqual([found.turns, found.firstQuestions, found.after.acts], [1, 1, 1], 'those of the bot are older');
  assert.equal(found.pairs.known, 0, 'nobody knows what was right');
  assert.deepEqual(bots.defects, []);
});

test('what agents said of messages is the truth before anything that happened, of first questions too', async (t) => {
  const { bots, replays, clock, store, ids } = await openShop(t, 'unmeasured');
  const says = (conversationId: string, seq: number, intent: string | null) =>
    store.labels.put({ conversationId, seq, intent, takenFor: null, by: ada, at: clock.now() }, null);
  const [right, wrong, none] = ids;
  assert.ok(right !== undefined && wrong !== undefined && none !== undefined);
  await says(right, 1, shop[0]?.intent ?? '');
  await says(wrong, 1, shop[1]?.intent ?? '');
  await says(none, 1, null);
  const asked = await bots.write('somebody', 'i want my money back');
  await bots.takeOver(asked);
  await says(asked, 1, 'refund');
  await clock.advance(1_000);
  const found = await resultOf(replays, (await replays.start({ kind: 'model', version: 1 }, { days: 7 }, 'ada')).id);
  const { labelled, held, ...others } = found.knownBy;
  assert.deepEqual([labelled, held, Object.values(others)], [4, 9, [0, 0, 0, 0]]);
  assert.deepEqual([found.firstQuestions, found.pairs.before], [1, { right: 11, wrong: 2, none: 0 }]);
  assert.deepEqual(found.pairs.after, found.pairs.before);
  assert.deepEqual(bots.defects, []);
});

test('what a customer answered to a question that the candidate would not have asked is no change, but not comparable', async (t) => {
  const { bots, replays, clock } = await openShop(t, 'unmeasured');
  await trackWithoutNumber(bots);
  await clock.advance(1_000);
  const which: Flow['steps'][number] = {
    ...{ id: 'which', kind: 'choices', texts: { default: 'By what?' }, slot: null, otherwise: null },
    options: [{ id: 'number', labels: { default: 'By number' }, next: 'ask' }],
  };
  const document = { flows: [{ ...trackFlow, first: 'which', steps: [which, ...trackFlow.steps] }] };
  const found = await resultOf(replays, (await replays.start({ kind: 'flows', document }, { days: 7 }, 'ada')).id);
  assert.deepEqual([found.turns, found.changed, found.leftOut.diverged, found.leftOut.stepGone], [13, 1, 1, 0]);
  assert.deepEqual(
    found.disagreements.map(({ change, count }) => [change, count]),
    [['words', 1]],
  );
});

test('a turn that a routing rule began with a flow is replayed with it; one of which that was not kept is left out', async (t) => {
  const { bots, replays, clock, store } = await openShop(t, 'unmeasured');
  const id = await bots.write('somebody', 'good evening to all of you');
  const epoch = ((await store.dialogues.subject(id))?.epoch ?? 0) + 1;
  const queue = { routing: JSON.stringify({ flow: { id: 'track', epoch } }) };
  await bots.first.conversations.changeOwner({ conversationId: id, to: 'bot', why: 'to-bot', queue });
  await bots.settled();
  assert.match((await bots.said(id)).join(' '), /order number/);
  await clock.advance(1_000);
  const run = async (document: object) =>
    resultOf(replays, (await replays.start({ kind: 'flows', document }, { days: 1 }, 'ada')).id);
  const same = await run({ flows: [trackFlow] });
  assert.deepEqual([same.turns, same.changed, same.before.asks], [1, 0, 1]);
  const off = await run({ flows: [{ ...trackFlow, enabled: false }] });
  assert.deepEqual([off.changed, off.disagreements[0]?.before.by], [1, 'flow'], 'it would begin with none');
  const [row] = await store.dialogues.decisions(id, { limit: 1 });
  const { before, ...old } = JSON.parse(row?.record ?? '{}');
  assert.equal(before.begins, 'track');
  await store.run(`delete from bot_decisions where conversation_id = ${id}`);
  await store.run(`delete from bot_dialogues where conversation_id = ${id}`);
  assert.ok(row !== undefined);
  await store.dialogues.decide({ ...row, record: JSON.stringify(old) }, '{}');
  const without = await run({ flows: [trackFlow] });
  assert.deepEqual([without.turns, without.leftOut.withoutState], [0, 1]);
});

test('one replay runs at a time over all processes, is cancelled from any, and one of a process that died is told', async (t) => {
  const { store, bot, clock, replays, onError } = await openShop(t, 'unmeasured');
  const there = openReplays(t, store, bot, clock, onError);
  const { id } = await replays.start({ kind: 'model', version: 1 }, { days: 7 }, 'ada');
  await assert.rejects(
    there.start({ kind: 'model', version: 1 }, { days: 7 }, 'bob'),
    isRefused('conflict', /under way/),
  );
  await there.remove(id);
  assert.equal((await replays.get(id)).state, 'cancelled');
  const now = clock.now();
  await store.replays.begin(
    {
      ...{ id: 'dead', state: 'running', progress: 3, kind: 'model', candidate: '1', live: '1/1/1', days: 7 },
      ...{ result: null, requestedBy: 'ada', createdAt: now - 60_000, seenAt: now - 60_000 },
    },
    0,
    '{}',
  );
  const { state, problem } = await there.get('dead');
  assert.deepEqual([state, problem?.code], ['failed', 'unavailable']);
  const again = await there.start({ kind: 'model', version: 1 }, { days: 7 }, 'bob');
  assert.equal((await resultOf(replays, again.id)).turns, 12, 'known to every process');
  await replays.remove(again.id);
  await assert.rejects(replays.get(again.id), isRefused('not-found', /no replay/));
  await assert.rejects(replays.start({ kind: 'model', version: 9 }, { days: 7 }, 'ada'), isRefused('not-found', /9/));
});

test('the first model needs no replay; a later one is measured or replayed before it is published', async (t) => {
  const { bot, gate, replays, store, clock } = await openShop(t);
  await trainOn(bot, 'unmeasured');
  const nobodys = { ...(await bot.models()), published: null, former: null, serving: null };
  const fresh = createPublishGate({
    replays: { found: async () => undefined },
    intents: { models: async () => nobodys },
    ...{ models: store.intentModels, dialogues: store.dialogues, clock },
  });
  assert.equal(await fresh.model(2, false), null);

  const unmeasured = isRefused('worse-than-live', /not been measured yet/);
  await assert.rejects(gate.model(2, false), unmeasured, 'twelve turns are too few');
  const { id } = await replays.start({ kind: 'model', version: 2 }, { days: 7 }, 'ada');
  assert.equal((await resultOf(replays, id)).verdict.by, 'utterances');
  await assert.rejects(gate.model(2, false), unmeasured);
  const whole = (await store.intentModels.evaluation(1)) ?? assert.fail('it was measured');
  await store.intentModels.setEvaluation(2, { summary: whole, whole });
  assert.equal(await gate.model(2, false), null, 'measured meanwhile, it is as good');

  await replays.remove(id);
  assert.equal(await gate.model(2, false), null);
  const [last] = await store.dialogues.decidedLast({ from: 0, to: clock.now() }, null, 1);
  const [row] = await store.dialogues.decisions(last?.conversationId ?? '', { limit: 1 });
  assert.ok(row !== undefined);
  for (let seq = 100; seq < 110; seq += 1) await store.dialogues.decide({ ...row, seq }, '{}');
  await assert.rejects(gate.model(2, false), isRefused('replay-needed', /replay it first/));
});
