import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Flow, FlowStep } from '@parley/sdk/flow-document.ts';
import type { Content } from '@parley/sdk/protocol.ts';
import { createSmtpMailer } from '../../mail/smtp-mailer.ts';
import { codeIn, startMailServer } from '../../testing/mail-server.ts';
import { startBots } from '../dialogue/bot-fixture.ts';
import { checkFlow } from '../dialogue/check-flow.ts';
import { shopSettings } from '../dialogue/dialogue-fixture.ts';
import { newDialogue } from '../dialogue/dialogue-state.ts';
import { parseFlows } from '../dialogue/parse-flows.ts';
import type { CallResult, FlowCall } from '../dialogue/run-flow.ts';
import { withoutCode } from '../dialogue/said.ts';
import { think } from '../dialogue/think.ts';
import { identityStep, whereFlow } from './identity-flow-fixture.ts';
import { createTriedIdentity, triedProof } from './tried-identity.ts';

const minuteMs = 60_000;
const quiet = { ...shopSettings, language: 'en', texts: { en: { greeting: '' }, zh: { greeting: '' } } };
/** The shop's own server: order 1 and 3 are Anna's, order 2 is Bob's, and there is no other. */
const emails: Readonly<Record<string, string>> = {
  1: 'anna@shop.example',
  2: 'bob@home.example',
  3: 'anna@shop.example',
};

async function startShop(
  t: TestContext,
  options: Omit<Parameters<typeof startBots>[1] & object, 'call' | 'mail'> = {},
) {
  const mailServer = await startMailServer();
  t.after(() => mailServer[Symbol.asyncDispose]());
  const calls: FlowCall[] = [];
  const call = async (asked: FlowCall): Promise<CallResult> => {
    calls.push(asked);
    const [, kind, order = ''] = /(orders|private)\/(\w+)$/.exec(asked.url) ?? [];
    if (kind === undefined) return { kind: 'answered', status: 200, body: {} };
    const email = emails[order];
    if (email === undefined) return { kind: 'answered', status: 404, body: {} };
    return { kind: 'answered', status: 200, body: kind === 'orders' ? { email } : { place: `street ${order}` } };
  };
  const server = { host: '127.0.0.1', port: mailServer.port, isSecure: false, user: undefined };
  const mail = createSmtpMailer({ ...server, from: { name: 'Shop', address: 'shop@shop.example' } }, () => 0);
  const bots = await startBots(t, {
    settings: quiet,
    flows: { flows: [whereFlow] },
    parts: {},
    call,
    mail,
    ...options,
  });
  /** What the bot says to it. */
  const say = async (contact: string, text: string): Promise<string> => {
    const id = await bots.write(contact, text);
    const conversation = await bots.store.conversations.get(id);
    if (conversation?.status === 'queued') await bots.give(id);
    await bots.settled();
    const lines = await bots.said(id);
    const last = lines.findLastIndex((line) => line.startsWith('contact: '));
    return lines
      .slice(last + 1)
      .flatMap((line) => (line.startsWith('bot: ') ? [line.slice(5)] : []))
      .join(' / ');
  };
  const privateCalls = () => calls.filter(({ url }) => url.includes('/private/')).map(({ url }) => url);
  return { ...bots, mailServer, calls, privateCalls, say };
}

test('a code comes by e-mail to the address of the order, and who types it gets what is for its owner alone', async (t) => {
  const shop = await startShop(t);
  const { say, mailServer, store } = shop;
  const id = await shop.write('ann', 'hello');
  await shop.give(id);
  await shop.settled();
  await say('ann', 'where');
  const asked = await say('ann', '1');
  assert.match(asked, /a•••@s•••\.example/);
  assert.doesNotMatch(asked, /anna@/);
  const mail = await mailServer.next('anna@shop.example');
  const code = codeIn(mail);
  assert.match(mail.text, /10 minutes/);
  assert.deepEqual(shop.privateCalls(), []);
  const typed = [...code].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join(' ');
  assert.equal(await say('ann', `it is ${typed}`), 'Thank you, that is right. / It goes to street 1.');
  const { clock } = shop;
  const check = await shop.first.identity.checkOf(id);
  assert.deepEqual([check?.until, check?.shown], [clock.now() + 30 * minuteMs, 'a•••@s•••.example']);

  // Nobody reads the code anywhere, nor what was typed.
  const decisions = await store.dialogues.decisions(id, { limit: 50 });
  const subject = await store.dialogues.subject(id);
  const messages = await store.conversations.messages(id, { limit: 50 });
  const kept = JSON.stringify([decisions, subject, messages]).normalize('NFKC').replaceAll(' ', '');
  assert.ok(!kept.includes(code), 'the code is kept somewhere');
  const mine = messages.filter(({ sender }) => sender.type === 'contact').at(-1);
  assert.deepEqual(mine?.content, { type: 'text', text: 'it is ••••••' });
  const audit = messages
    .map(({ content }) => content)
    .find((content): content is Content & { type: 'system' } => {
      return content.type === 'system' && content.event === 'identity.checked';
    });
  assert.equal(audit?.data?.address, 'a•••@s•••.example');
  assert.deepEqual(shop.defects, []);

  // The same address is not asked for again while it counts, another's is, and after its time all are.
  await say('ann', 'where');
  assert.equal(await say('ann', '3'), 'It goes to street 3.');
  await say('ann', 'where');
  assert.match(await say('ann', '2'), /b•••@h•••\.example/);
  assert.equal(await say('ann', code), 'That is not the code. Please look again; tries left: 4.');
  clock.set(31 * minuteMs);
  await say('ann', 'stop');
  await say('ann', 'where');
  assert.match(await say('ann', '1'), /a•••@s•••\.example/);
  assert.deepEqual(shop.privateCalls(), ['https://shop.example/private/1', 'https://shop.example/private/3']);
});

test('five wrong codes end it, and the right one then opens nothing', async (t) => {
  const { say, mailServer, privateCalls, store, write } = await startShop(t);
  await say('eve', 'where');
  await say('eve', '1');
  const code = codeIn(await mailServer.next('anna@shop.example'));
  const wrong = code === '000000' ? '111111' : '000000';
  for (const left of [4, 3, 2, 1]) assert.match(await say('eve', wrong), new RegExp(`tries left: ${left}`));
  assert.equal(
    await say('eve', wrong),
    'I could not check who you are: those were too many tries. / Please write to us.',
  );
  await say('eve', code);
  assert.deepEqual(privateCalls(), []);
  const id = await write('eve', 'so');
  const entries = await store.conversations.messages(id, { limit: 50 });
  assert.ok(entries.some(({ content }) => content.type === 'system' && content.event === 'identity.refused'));

  // Erased, nothing of it is left but that a code was sent to some address, as a hash, for an hour.
  const contactId = (await store.conversations.get(id))?.contact.id ?? '';
  assert.equal((await store.rows('select tries from identity_codes')).length, 1);
  await store.archive.erase(contactId, { agentId: 'a', at: 1 });
  for (const table of ['identity_codes', 'identity_checks'])
    assert.deepEqual(await store.rows(`select * from ${table}`), [], table);
  const quotas = await store.rows('select quota from identity_quotas');
  assert.deepEqual(
    quotas.map(({ quota }) => String(quota).split(':', 1)[0]),
    ['address'],
  );
});

test('it does not show whether an address is known: the same words, the same way on, and as many codes', async (t) => {
  const { say, mailServer } = await startShop(t);
  const plain = (text: string) => text.replace(/\S•••@\S•••\.\w+/, 'ADDRESS');
  const answers = async (contact: string, order: string) => {
    await say(contact, 'where');
    const first = await say(contact, order);
    const rest = [];
    for (const text of ['what?', '123456', 'send it again', 'resend', 'resend']) rest.push(await say(contact, text));
    return { shown: /\S•••@\S•••\.\w+/.exec(first)?.[0], all: [first, ...rest].map(plain) };
  };
  const known = await answers('known', '1');
  const unknown = await answers('unknown', '99');
  assert.deepEqual(unknown.all, known.all);
  assert.match(known.all.at(-1) ?? '', /Too many codes/);
  assert.deepEqual(new Set(mailServer.received.map(({ to }) => to)), new Set(['anna@shop.example']));
  assert.equal(mailServer.received.length, 3);
  const again = await startShop(t);
  await again.say('another', 'where');
  assert.ok((await again.say('another', '99')).includes(unknown.shown ?? '-'), 'the same stand-in for the same order');
});

test('what the customer types is no address for a code, unless it is the known one', async (t) => {
  /** It asks for an e-mail address too, before the order is looked up. */
  const asking = (name: string, check: FlowStep): Flow => {
    const asks: FlowStep = {
      ...{ id: 'mail', kind: 'ask', tries: 2, next: 'order', otherwise: null },
      slots: [{ name, type: 'text', question: { en: 'Your e-mail?' }, askAgain: true }],
    };
    const steps = whereFlow.steps.flatMap((step): FlowStep[] => {
      if (step.id === 'ask' && step.kind === 'ask') return [{ ...step, next: 'mail' }, asks];
      return [step.id === 'check' ? check : step];
    });
    return { ...whereFlow, steps };
  };
  const told = asking('told', { ...identityStep, mustEqual: 'told' });
  const typedOver = asking('order_email', identityStep);
  const first = await startShop(t, { flows: { flows: [told] } });
  const goThrough = async (shop: typeof first, contact: string, email: string, order: string) => {
    await shop.say(contact, 'where');
    await shop.say(contact, order);
    return shop.say(contact, email);
  };
  assert.match(await goThrough(first, 'eve', 'eve@evil.example', '1'), /on its way to e•••@e•••\.example/);
  assert.deepEqual(first.mailServer.received, [], 'neither to her nor to Anna');
  assert.match(await goThrough(first, 'ann', 'Anna@SHOP.example', '1'), /on its way to a•••@s•••\.example/);
  assert.equal((await first.mailServer.next('anna@shop.example')).to, 'anna@shop.example');
  // A value of the same name that was typed is none that a call answered.
  const second = await startShop(t, { flows: { flows: [typedOver] } });
  await goThrough(second, 'eve', 'eve@evil.example', '99');
  assert.deepEqual(second.mailServer.received, []);
});

test('whoever has proved one order’s address has proved nothing of another that they name afterwards', async (t) => {
  const again = { ...whereFlow.steps[0], id: 'again', next: 'where' } as Flow['steps'][number];
  const steps = whereFlow.steps.map((step) => (step.id === 'check' ? { ...identityStep, next: 'again' } : step));
  const { say, mailServer, privateCalls, write, store } = await startShop(t, {
    flows: { flows: [{ ...whereFlow, steps: [...steps, again] }] },
  });
  await say('bob', 'where');
  await say('bob', '2');
  assert.match(await say('bob', codeIn(await mailServer.next('bob@home.example'))), /Which order\?/);
  await say('bob', '1');
  assert.deepEqual(privateCalls(), []);
  assert.equal((await store.conversations.get(await write('bob', 'so?')))?.status, 'queued');
});

test('a pending code outlives a restart; expired, it opens nothing, and the flow goes on where it says', async (t) => {
  const first = await startShop(t);
  await first.say('ann', 'where');
  await first.say('ann', '1');
  const code = codeIn(await first.mailServer.next('anna@shop.example'));
  await first.stop();
  const second = await startShop(t, { on: first.store });
  assert.match(await second.say('ann', code.replace(/(...)/, '$1 ')), /It goes to street 1/);
  await second.say('bob', 'where');
  await second.say('bob', '2');
  const late = codeIn(await second.mailServer.next('bob@home.example'));
  second.clock.set(10 * minuteMs);
  assert.equal(await second.say('bob', late), 'That code does not hold any more. / Ask again.');
  assert.deepEqual(second.privateCalls(), ['https://shop.example/private/1']);
});

test('two processes that both answer say the same once, and one code opens what it opens once', async (t) => {
  const { say, mailServer, write, settled, said, defects } = await startShop(t, {
    processes: 2,
    makeCode: () => '246810',
  });
  await say('ann', 'where');
  await say('ann', '1');
  await mailServer.next('anna@shop.example');
  const id = await write('ann', '246810');
  await settled();
  const lines = await said(id);
  assert.equal(lines.filter((line) => line === 'bot: It goes to street 1.').length, 1);
  assert.equal(lines.filter((line) => line === 'identity.checked').length, 1);
  assert.deepEqual(defects, []);
});

test('what cannot be sent is said, in Chinese too, and a person can be asked for at any time', async (t) => {
  const { say, mailServer, counted, write, store } = await startShop(t);
  mailServer.refuse('550 no such box');
  await say('ann', 'where');
  assert.equal(await say('ann', '1'), 'The code could not be sent. / Please call us.');
  assert.ok(counted.includes('undelivered: The mail server answered RCPT TO with 550.'));
  mailServer.refuse(undefined);
  await say('li', '你好，我想查一下');
  await say('li', 'where');
  const asked = await say('li', '订单2');
  assert.match(asked, /哪个订单|验证码/);
  await say('bob', 'where');
  await say('bob', '2');
  await say('bob', 'human please');
  const id = await write('bob', 'hello?');
  assert.equal((await store.conversations.get(id))?.status, 'queued');
});

test('the contact’s own address proves who they are for all flows, and a conversation with another contact is not theirs', async (t) => {
  const own: Flow = {
    ...whereFlow,
    steps: whereFlow.steps.map((step) =>
      step.id === 'check' ? { ...identityStep, sources: [{ kind: 'contact', field: 'email' }] } : step,
    ),
  };
  const unchecked: Flow = { ...own, id: 'plain', startWords: ['plain'], first: 'where' };
  const shop = await startShop(t, { flows: { flows: [own, unchecked] } });
  const { say, store, write, give, settled, first } = shop;
  const id = await write('ann', 'hello');
  await give(id);
  await settled();
  const contactId = (await store.conversations.get(id))?.contact.id ?? '';
  await store.conversations.patchContact(contactId, { email: 'anna@shop.example' }, 1);
  await say('ann', 'where');
  await say('ann', '1');
  await say('ann', codeIn(await shop.mailServer.next('anna@shop.example')));
  await say('ann', 'plain');
  assert.equal(shop.privateCalls().length, 2, 'another flow may call it too');
  await write('zoe', 'hi');
  const other = await store.conversations.get(await write('zoe', 'hi'));
  await store.run(`update conversations set contact_id = '${other?.contact.id}' where id = ${id}`);
  assert.equal(await first.identity.checkOf(id), undefined);
});

test('a code goes out by a call of the shop, and the call alone has it', async (t) => {
  const send = { kind: 'http', method: 'POST', url: 'https://sms.example/send', timeoutMs: 5_000 } as const;
  const sms: Flow = {
    ...whereFlow,
    steps: whereFlow.steps.map((step) =>
      step.id === 'check'
        ? { ...identityStep, send: { ...send, body: '{"to":"{address}","text":"{code} {order}"}' } }
        : step,
    ),
  };
  const { say, calls } = await startShop(t, { flows: { flows: [sms] }, makeCode: () => '004200' });
  await say('ann', 'where');
  await say('ann', '1');
  const sent = calls.find(({ url }) => url === send.url);
  assert.deepEqual(JSON.parse(sent?.body ?? '{}'), { to: 'anna@shop.example', text: '004200 1' });
  assert.match(await say('ann', 'It is 004-200'), /It goes to street 1/);
});

test('a flow whose check can never work is refused, with the field in which it lies', () => {
  const withStep = (step: object): Flow => ({
    ...whereFlow,
    steps: whereFlow.steps.map((each) => (each.id === 'check' ? ({ ...identityStep, ...step } as typeof each) : each)),
  });
  const kinds = (step: object, canMail = true) =>
    checkFlow(withStep(step), { canMail }).map(({ kind, field }) => `${kind} ${field}`);
  assert.deepEqual(kinds({}), []);
  assert.deepEqual(kinds({ sources: [{ kind: 'answer', slot: 'order' }] }), ['no-address steps[2].sources[0].slot']);
  assert.deepEqual(kinds({ sources: [{ kind: 'contact', field: 'phone' }] }), ['no-address steps[2].sources']);
  assert.deepEqual(kinds({ next: null }), ['dead-end steps[2].next', 'unreachable steps[3]', 'unreachable steps[4]']);
  assert.deepEqual(
    kinds({ tooMany: null, expired: null, undelivered: null }).length,
    3,
    'nothing leads to three steps',
  );
  assert.deepEqual(kinds({}, false), ['no-mail steps[2].send.kind']);
  const http = { kind: 'http', method: 'POST', url: 'https://sms.example/', body: '{address}', timeoutMs: 5_000 };
  assert.deepEqual(kinds({ send: http }), ['no-code steps[2].send.body']);
  const refusedAt = (step: object, field: string) =>
    assert.throws(() => parseFlows({ flows: [withStep(step)] }), { code: 'settings-invalid', field });
  refusedAt({ sources: [] }, 'flows[0].steps[2].sources');
  refusedAt({ sources: [{ kind: 'typed' }] }, 'flows[0].steps[2].sources[0].kind');
  refusedAt({ send: { kind: 'http', url: 'nowhere' } }, 'flows[0].steps[2].send.url');
});

test('a try shows the code, sends nothing, and goes on with it', async () => {
  const identity = createTriedIdentity();
  let state = newDialogue;
  const said: string[] = [];
  const say = async (text: string) => {
    const decided = await think(
      {
        ...{ conversationId: 'try', state, said: withoutCode({ text, isWordless: false }, state) },
        ...{
          identity,
          proof: triedProof,
          channelType: 'web',
          vip: false,
          isOpen: true,
          opensAt: null,
          timeZone: 'UTC',
        },
        settings: { version: 1, document: quiet },
        flows: { version: 1, document: { flows: [whereFlow] } },
        call: async () => ({ kind: 'answered', status: 200, body: {} }),
      },
      { parts: {}, now: () => 0, onError: (error) => assert.fail(String(error)) },
    );
    state = decided.state;
    said.push(decided.decision.messages.map((message) => message.text).join(' / '));
  };
  await say('where');
  await say('1');
  const code = /\d{6}/.exec(said.at(-1) ?? '')?.[0] ?? '';
  await say('no code');
  await say(code === '000000' ? '111111' : '000000');
  await say(code);
  assert.match(said.at(-2) ?? '', /tries left: 4/);
  assert.match(said.at(-1) ?? '', /It goes to/);
});
