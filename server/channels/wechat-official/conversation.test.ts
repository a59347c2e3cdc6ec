import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation, Message, Page, SatisfactionReport, ShownSurvey } from '@parley/sdk/protocol.ts';
import { type RunningProgram, startProgram, until } from '../../testing/running-program.ts';
import { type SimulatorOptions, startWechatSimulator, type WechatSimulator } from './simulated-platform.ts';

/** A whole server and the simulated platform, joined by a channel. */
async function connect(options: SimulatorOptions = {}, env: Readonly<Record<string, string>> = {}) {
  const platform = await startWechatSimulator(options);
  const program = await startProgram(env);
  const { appId, appSecret, token, encodingAesKey, mode, originalId } = platform.account;
  const channel = await program.api<{ id: string; callbackUrl: string }>('POST', '/api/v1/channels', {
    type: 'wechat-official',
    name: 'Service account',
    settings: { apiBaseUrl: platform.url, appId, appSecret, token, encodingAesKey, mode, originalId },
  });
  return {
    platform,
    program,
    channel,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

const conversations = ({ api }: RunningProgram) => api<Page<Conversation>>('GET', '/api/v1/conversations');
const messages = async ({ api }: RunningProgram, id: string) =>
  (await api<Page<Message>>('GET', `/api/v1/conversations/${id}/messages`)).items;
const text = (Content: string) => ({ MsgType: 'text', Content });

async function firstConversation(program: RunningProgram): Promise<Conversation> {
  return until(async () => (await conversations(program)).items[0]);
}
let clientIds = 0;
const reply = ({ api }: RunningProgram, id: string, content: object) =>
  api<Message>('POST', `/api/v1/conversations/${id}/messages`, { clientId: `test-${++clientIds}`, content });
const stateOf = (program: RunningProgram, message: Message, state: string) =>
  until(async () =>
    (await messages(program, message.conversationId)).find(
      ({ seq, state: now }) => seq === message.seq && now === state,
    ),
  );
const sentTexts = (platform: WechatSimulator) =>
  platform.sent.map(({ body }) => (body.text as { content: string } | undefined)?.content);

for (const mode of ['plain', 'compatible', 'safe'] as const) {
  test(`in ${mode} mode a follower writes, the agent answers, and the follower reads it`, async () => {
    await using parts = await connect({ account: { mode } });
    const { platform, program, channel } = parts;
    assert.ok(await platform.handshake(channel.callbackUrl));
    assert.deepEqual(await platform.push(channel.callbackUrl, text('你好 & <b> 😀')), {
      attempts: 1,
      result: 'accepted',
      statuses: [200],
    });
    const { id } = await firstConversation(program);
    const [received] = await messages(program, id);
    assert.deepEqual(received?.content, { type: 'text', text: '你好 & <b> 😀' });
    const sent = await reply(program, id, { type: 'text', text: '您好，请问有什么可以帮您？' });
    assert.equal(sent.state, 'queued');
    await stateOf(program, sent, 'sent');
    assert.deepEqual(sentTexts(platform), ['您好，请问有什么可以帮您？']);
  });
}

test('a callback that the platform repeats is one message', async () => {
  await using parts = await connect();
  const { platform, program, channel } = parts;
  for (let i = 0; i < 3; i++) await platform.push(channel.callbackUrl, { ...text('once'), MsgId: '24345678901234567' });
  await platform.push(channel.callbackUrl, text('twice'));
  const { id } = await firstConversation(program);
  const stored = await until(async () => {
    const all = (await messages(program, id)).filter(({ direction }) => direction === 'in');
    return all.length >= 2 && all;
  });
  assert.deepEqual(
    stored.map(({ content }) => content),
    [
      { type: 'text', text: 'once' },
      { type: 'text', text: 'twice' },
    ],
  );
});

test('a picture of the follower is fetched and kept, and one of the agent is uploaded once', async () => {
  await using parts = await connect();
  const { platform, program, channel } = parts;
  const bytes = Buffer.from('89504e470d0a1a0a', 'hex');
  const MediaId = platform.keepMedia({ bytes, mimeType: 'image/png', fileName: 'cat.png' });
  await platform.push(channel.callbackUrl, { MsgType: 'image', PicUrl: 'http://mmbiz.qpic.cn/x', MediaId });
  const { id } = await firstConversation(program);
  const [picture] = await messages(program, id);
  assert.ok(picture?.content.type === 'image' && picture.content.url.startsWith('/files/'));
  const kept = await fetch(program.address + picture.content.url);
  assert.deepEqual(Buffer.from(await kept.arrayBuffer()), bytes);
  for (let i = 0; i < 2; i++) await stateOf(program, await reply(program, id, picture.content), 'sent');
  assert.deepEqual(
    platform.sent.map(({ msgtype }) => msgtype),
    ['image', 'image'],
  );
  assert.equal(platform.counts['/cgi-bin/media/upload'], 1);
  platform.forgetMedia();
  await stateOf(program, await reply(program, id, picture.content), 'sent');
  assert.equal(platform.counts['/cgi-bin/media/upload'], 2);
});

test('many replies share one access token, and one that ended is renewed once for all', async () => {
  await using parts = await connect({ repliesPerMessage: 100 });
  const { platform, program, channel } = parts;
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) await platform.push(channel.callbackUrl, { ...text('hi'), FromUserName: `oUser${i}` });
  await until(async () => (await conversations(program)).items.length === 8);
  for (const { id } of (await conversations(program)).items) ids.push(id);
  const send = () =>
    Promise.all(
      ids.map(async (id) => stateOf(program, await reply(program, id, { type: 'text', text: 'hello' }), 'sent')),
    );
  await send();
  assert.equal(platform.counts['/cgi-bin/stable_token'], 1);
  platform.revokeToken();
  await send();
  assert.equal(platform.counts['/cgi-bin/stable_token'], 2);
  assert.equal(platform.sent.length, 16);
});

test('when the replies are used up the agent reads why, and can send again when the customer has written', async () => {
  await using parts = await connect({ repliesPerMessage: 1 });
  const { platform, program, channel } = parts;
  await platform.push(channel.callbackUrl, text('hi'));
  const { id } = await firstConversation(program);
  await stateOf(program, await reply(program, id, { type: 'text', text: 'first' }), 'sent');
  const failed = await stateOf(program, await reply(program, id, { type: 'text', text: 'second' }), 'failed');
  assert.match(failed.stateReason ?? '', /used up.*45047/);
  await platform.push(channel.callbackUrl, text('again'));
  await program.api('POST', `/api/v1/conversations/${id}/messages/${failed.seq}/resend`);
  await stateOf(program, failed, 'sent');
  assert.deepEqual(sentTexts(platform), ['first', 'second']);
});

test('a send that breaks after the platform took it is unknown, and is not sent again by itself', async () => {
  await using parts = await connect();
  const { platform, program, channel } = parts;
  await platform.push(channel.callbackUrl, text('hi'));
  const { id } = await firstConversation(program);
  platform.inject('accept-and-reset', '/cgi-bin/message/custom/send');
  const unknown = await stateOf(program, await reply(program, id, { type: 'text', text: 'only once' }), 'unknown');
  assert.match(unknown.stateReason ?? '', /may have arrived/);
  await stateOf(program, await reply(program, id, { type: 'text', text: 'next' }), 'sent');
  assert.deepEqual(sentTexts(platform), ['only once', 'next']);
});

test('choices become a menu, a card becomes a link, and the agent sees what the customer saw', async () => {
  await using parts = await connect();
  const { platform, program, channel } = parts;
  await platform.push(channel.callbackUrl, text('hi'));
  const { id } = await firstConversation(program);
  const choices = {
    type: 'choices',
    text: 'Are you content?',
    choices: [
      { id: '101', label: 'Yes' },
      { id: '102', label: 'No' },
    ],
  };
  await stateOf(program, await reply(program, id, choices), 'sent');
  const card = { type: 'card', kind: 'product', title: 'Kettle', price: '¥199', url: 'https://shop.example/kettle' };
  const shown = await stateOf(program, await reply(program, id, card), 'sent');
  assert.deepEqual(
    platform.sent.map(({ msgtype }) => msgtype),
    ['msgmenu', 'news'],
  );
  assert.equal(shown.deliveredAs?.type, 'link');
  await platform.push(channel.callbackUrl, { ...text('Yes'), bizmsgmenuid: '101' });
  const answer = await until(async () =>
    (await messages(program, id)).find(({ content }) => content.type === 'text' && content.text === 'Yes'),
  );
  assert.equal(answer.direction, 'in');
});

test('a follower rates a resolved conversation by a button, a number or behind the link, and it stays resolved', async () => {
  await using parts = await connect({}, { PARLEY_PUBLIC_URL: 'https://chat.example' });
  const { platform, program, channel } = parts;
  await program.api('PATCH', '/api/v1/surveys/settings', { channelTypes: ['wechat-official'], delayMinutes: 0 });
  const callbackUrl = channel.callbackUrl.replace('https://chat.example', program.address);
  const write = (words: string, more: object = {}) => platform.push(callbackUrl, { ...text(words), ...more });
  await write('你好，我的订单在哪里');
  const { id } = await firstConversation(program);
  await stateOf(program, await reply(program, id, { type: 'text', text: '在路上。' }), 'sent');
  await program.api('PATCH', `/api/v1/conversations/${id}`, { status: 'closed' });
  const menu = await until(async () => platform.sent.find(({ msgtype }) => msgtype === 'msgmenu'));
  const { head_content: asked, list } = menu.body.msgmenu as { head_content: string; list: { id: string }[] };
  const [, link = ''] = /https:\/\/chat\.example(\/survey\/\S+)/.exec(asked) ?? [];
  assert.match(asked, /^您对本次服务满意吗？/);
  assert.deepEqual(
    list.map((entry) => entry.id),
    [5, 4, 3, 2, 1].map((score) => `survey-${id}-${score}`),
  );
  const shown = await until(async () =>
    (await messages(program, id)).find(({ deliveredAs }) => deliveredAs?.type === 'choices'),
  );
  assert.ok(!JSON.stringify(shown).includes(link), 'agents are not shown the link');

  const survey = async () =>
    (await program.api<{ survey: ShownSurvey }>('GET', `/api/v1/conversations/${id}/survey`)).survey;
  await write('2 不满意', { bizmsgmenuid: `survey-${id}-2` });
  await until(async () => (await survey()).score === 2);
  await write('4', { MsgId: '777' });
  await until(async () => (await survey()).score === 4);
  // Whoever opens the link answers nothing; whoever sends the form does, once.
  const page = await fetch(program.address + link);
  assert.deepEqual([page.status, (await survey()).score], [200, 4]);
  const send = (body: string) =>
    fetch(program.address + link, {
      ...{ method: 'POST', body, redirect: 'manual' },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  assert.equal((await send('comment=x')).status, 400, 'without a score');
  assert.equal((await send('score=5&comment=%E8%B0%A2%E8%B0%A2')).status, 303);
  assert.equal((await send('score=1')).status, 303);
  await write('4', { MsgId: '777' });
  const { score, comment, had } = await survey();
  assert.deepEqual([score, comment, had], [5, '谢谢', 'person']);
  assert.match(await (await fetch(program.address + link)).text(), /感谢您的评价/);
  assert.equal((await fetch(`${program.address}${link}x`)).status, 404);

  const { items } = await conversations(program);
  assert.deepEqual(
    items.map(({ status, unread }) => [status, unread]),
    [['closed', 0]],
  );
  assert.ok(sentTexts(platform).includes('感谢您的评价。'));
  const report = await program.api<SatisfactionReport>('GET', '/api/v1/reports/satisfaction?days=1');
  assert.deepEqual([report.had.person.asked, report.had.person.share], [1, 1]);
  await write('我还有一个问题');
  await until(async () => (await conversations(program)).items.some(({ status }) => status !== 'closed'));
});

test('a wrong AppSecret turns the channel’s light red when it is checked', async () => {
  await using parts = await connect();
  const { program, channel } = parts;
  await program.api('PATCH', `/api/v1/channels/${channel.id}`, {
    settings: { appSecret: 'wrongwrongwrongwrongwrongwrong12' },
  });
  const { health } = await program.api<{ health: { light: string; reason: string } }>(
    'POST',
    `/api/v1/channels/${channel.id}/check`,
  );
  assert.equal(health.light, 'red');
  assert.match(health.reason, /AppSecret is wrong/);
});

test('an address that answers nonsense makes the platform try three times and tell the user', async () => {
  await using platform = await startWechatSimulator({ answerWithinMs: 200 });
  await using program = await startProgram();
  const outcome = await platform.push(`${program.address}/hooks/0000000000000000`, text('hi'));
  assert.deepEqual(outcome, { attempts: 3, result: 'unavailable', statuses: [404, 404, 404] });
});
