import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content } from '@parley/sdk/protocol.ts';
import { Gone, Rejected, RetryAfter } from '../../gateway/channel-adapter.ts';
import { openSimulatedChannel, outboundOf } from './simulated-channel-fixture.ts';
import { testNow } from './wechat-fixture.ts';

const text: Content = { type: 'text', text: '您好 😀 "quoted" \\u4f60' };
const image: Content = { type: 'image', url: '/files/1/s/cat.png' };
const sendPath = '/cgi-bin/message/custom/send';
const tokenPath = '/cgi-bin/stable_token';
const uploadPath = '/cgi-bin/media/upload';
const signal = new AbortController().signal;
const hour = 60 * 60_000;

async function failureOf(run: Promise<unknown>): Promise<Error> {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  assert.fail('It was sent.');
}

test('a text arrives as it was written, with nothing of it escaped', async () => {
  await using channel = await openSimulatedChannel();
  await channel.send([text]);
  assert.deepEqual(channel.platform.sent[0]?.body, {
    touser: 'oUser',
    msgtype: 'text',
    text: { content: '您好 😀 "quoted" \\u4f60' },
  });
});

test('every kind of content goes out in the form that the platform takes', async () => {
  await using channel = await openSimulatedChannel();
  await channel.send([
    image,
    { type: 'audio', url: '/files/2/s/voice.amr' },
    { type: 'video', url: '/files/3/s/tour.mp4', caption: 'A tour' },
    { type: 'link', url: '/files/4/s/price.pdf', title: 'Prices', description: 'All', pictureUrl: '/files/5/s/p.png' },
    { type: 'choices', text: 'Content?', choices: [{ id: '101', label: 'Yes' }] },
  ]);
  const bodies = channel.platform.sent.map(({ msgtype, body }) => body[msgtype]);
  const [picture, voice, video, news, menu] = bodies as Record<string, unknown>[];
  assert.equal(typeof picture?.media_id, 'string');
  assert.equal(typeof voice?.media_id, 'string');
  assert.equal(video?.title, 'A tour');
  assert.deepEqual(news, {
    articles: [
      {
        title: 'Prices',
        description: 'All',
        url: 'https://parley.example/files/4/s/price.pdf',
        picurl: 'https://parley.example/files/5/s/p.png',
      },
    ],
  });
  assert.deepEqual(menu, { head_content: 'Content?', list: [{ id: '101', content: 'Yes' }], tail_content: '' });
});

const codes: [codes: number[], kind: typeof Rejected | typeof RetryAfter | typeof Gone, needsPerson: boolean][] = [
  [[-1, 45011, 40014, 41001, 42001], RetryAfter, false],
  [[45009, 40164, 48001, 48004], RetryAfter, true],
  [[40001, 40013, 40125], Gone, true],
  [[40003, 43004, 43005, 50005], Gone, false],
  [[43019, 48002, 50002], Rejected, false],
  [[40004, 40005, 40006, 40007, 40008, 40009, 40010, 40011, 40012, 45001, 45007], Rejected, false],
  [[44004, 45002, 45008, 45015, 45047, 61451, 61452, 99999], Rejected, false],
];
for (const [list, kind, needsPerson] of codes) {
  for (const code of list) {
    const whom = needsPerson ? ', and the operator is told' : '';
    test(`errcode ${code}, should it stay, is ${kind.name}${whom}`, async () => {
      await using channel = await openSimulatedChannel();
      // A remedy may be tried once, so it must stay for two calls.
      for (let i = 0; i < 2; i++) channel.platform.inject({ errcode: code, errmsg: 'of the platform' }, sendPath);
      const error = await failureOf(channel.send([text]));
      assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
      assert.match(error.message, new RegExp(`\\(${code}\\)$`));
      if (code !== 99999) assert.doesNotMatch(error.message, /of the platform/, 'No words of ours for it.');
      if (error instanceof Gone) assert.equal(error.what, needsPerson ? 'channel' : 'contact');
      assert.equal(
        channel.reports.some((health) => !health.ok && health.needsPerson),
        needsPerson,
      );
      assert.deepEqual(channel.platform.sent, []);
    });
  }
}

test('the daily quota is waited for until midnight in China', async () => {
  await using channel = await openSimulatedChannel();
  channel.platform.inject({ errcode: 45009 }, sendPath);
  const error = await failureOf(channel.send([text]));
  assert.ok(error instanceof RetryAfter && error.afterMs !== undefined);
  const inChina = new Date(testNow + error.afterMs).toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai' });
  assert.equal(inChina, '00:00:00');
});

test('an address that is not on the list is named to the operator', async () => {
  await using channel = await openSimulatedChannel();
  const errmsg = 'invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1';
  channel.platform.inject({ errcode: 40164, errmsg }, tokenPath);
  const error = await failureOf(channel.send([text]));
  assert.match(error.message, /203\.0\.113\.7 is not on the account’s IP list/);
  assert.deepEqual(channel.reports, [{ ok: false, reason: error.message, needsPerson: true }]);
});

for (const code of [40001, 40014, 41001, 42001]) {
  test(`after errcode ${code} the token is asked for once, and the message is sent once`, async () => {
    await using channel = await openSimulatedChannel();
    channel.platform.inject({ errcode: code }, sendPath);
    await channel.send([text]);
    assert.equal(channel.platform.counts[tokenPath], 2);
    assert.equal(channel.platform.counts[sendPath], 2);
    assert.equal(channel.platform.sent.length, 1);
  });
}

test('many sends at once ask for one token, and for one more when it has ended', async () => {
  await using channel = await openSimulatedChannel();
  const sendMany = () => Promise.all(Array.from({ length: 30 }, () => channel.send([text])));
  await sendMany();
  assert.equal(channel.platform.counts[tokenPath], 1);
  channel.platform.revokeToken();
  await sendMany();
  assert.equal(channel.platform.counts[tokenPath], 2);
  assert.equal(channel.platform.sent.length, 60);
});

test('a token is renewed before it ends, so that no send meets its end', async () => {
  await using channel = await openSimulatedChannel({ tokenSeconds: 7_200 });
  for (const ageMs of [0, 2 * hour - 5 * 60_000 - 1, 2]) {
    await channel.clock.advance(ageMs);
    await channel.platform.push('http://127.0.0.1:9/', { FromUserName: 'oUser', MsgType: 'text', Content: 'hi' });
    await channel.send([text]);
  }
  assert.equal(channel.platform.counts[tokenPath], 2);
  assert.equal(channel.platform.counts[sendPath], 3);
});

test('a changed AppSecret is tried at once: no token of the former one is used for it', async () => {
  await using channel = await openSimulatedChannel();
  await channel.send([text]);
  const changed = channel.open({ appSecret: 'wrongwrongwrongwrongwrongwrong12' });
  assert.ok((await failureOf(changed.check(signal))) instanceof Gone);
  assert.match((await failureOf(changed.send(outboundOf([text]), signal))).message, /AppSecret is wrong.*40125/);
  assert.equal(channel.platform.sent.length, 1);
});

test('the check asks the platform, also when a token is still held', async () => {
  await using channel = await openSimulatedChannel();
  await channel.send([text]);
  channel.platform.inject({ errcode: 40164 }, tokenPath);
  assert.match((await failureOf(channel.open().check(signal))).message, /IP list/);
  await channel.open().check(signal);
  assert.deepEqual(channel.reports.at(-1), { ok: true });
});

const tokenFaults = [
  { status: 404, body: '<html>' },
  { status: 502 },
  { status: 200, body: '[]' },
  { status: 200, body: '{}' },
  { errcode: 40243 },
  'reset',
] as const;
for (const fault of tokenFaults) {
  test(`a message waits when there is no token to be had: ${JSON.stringify(fault)}`, async () => {
    await using channel = await openSimulatedChannel();
    channel.platform.inject(fault, tokenPath);
    assert.ok((await failureOf(channel.send([text]))) instanceof RetryAfter);
    await channel.send([text]);
    assert.equal(channel.platform.sent.length, 1);
  });
}

for (const fault of [{ status: 404, body: '<html>' }, { status: 502 }, { status: 200, body: '{}' }, 'reset'] as const) {
  test(`a message waits when its file cannot be brought: ${JSON.stringify(fault)}`, async () => {
    await using channel = await openSimulatedChannel();
    channel.platform.inject(fault, uploadPath);
    assert.ok((await failureOf(channel.send([image]))) instanceof RetryAfter);
    await channel.send([image]);
    assert.equal(channel.platform.sent.length, 1);
  });
}

const sendFaults = [
  { status: 404, body: '<html>' },
  { status: 502 },
  { status: 200, body: '{}' },
  { status: 403, body: '{"message":"Forbidden"}' },
  'reset',
  'accept-and-reset',
] as const;
for (const fault of sendFaults) {
  test(`a message of which nobody knows whether it arrived is neither sent nor tried again: ${JSON.stringify(fault)}`, async () => {
    await using channel = await openSimulatedChannel();
    channel.platform.inject(fault, sendPath);
    const error = await failureOf(channel.send([text]));
    for (const kind of [Rejected, RetryAfter, Gone]) assert.ok(!(error instanceof kind), `${error.name}: ${error}`);
    assert.equal(channel.platform.counts[sendPath], 1);
  });
}

test('a platform that does not listen is tried again later', async () => {
  const channel = await openSimulatedChannel();
  await channel.send([text]);
  await channel.platform[Symbol.asyncDispose]();
  // A kept connection that breaks under a request leaves its outcome open; from then on nobody is reached at all.
  await failureOf(channel.send([text]));
  assert.ok((await failureOf(channel.send([text]))) instanceof RetryAfter);
});

test('a file is uploaded once for many sends, and anew when the platform has forgotten it or soon will', async () => {
  await using channel = await openSimulatedChannel();
  const uploads = () => channel.platform.counts[uploadPath];
  await channel.send([image]);
  await channel.send([image]);
  assert.equal(uploads(), 1);
  channel.platform.forgetMedia();
  await channel.send([image]);
  assert.equal(uploads(), 2);
  await channel.clock.advance(3 * 24 * hour - 1);
  await channel.platform.push('http://127.0.0.1:9/', { FromUserName: 'oUser', MsgType: 'text', Content: 'hi' });
  await channel.send([image]);
  assert.equal(uploads(), 3);
  assert.equal(channel.platform.counts[sendPath], 5);
  assert.equal(channel.platform.sent.length, 4);
});

test('a file that is gone is refused for good, and one that cannot be read now is waited for', async () => {
  await using channel = await openSimulatedChannel();
  const gone = await failureOf(channel.send([{ type: 'image', url: '/files/gone/s/cat.png' }]));
  assert.ok(gone instanceof Rejected);
  assert.match(gone.message, /The bytes of this file are gone/);
  assert.ok((await failureOf(channel.send([{ type: 'image', url: '/files/broken/s/a.png' }]))) instanceof RetryAfter);
});

test('a file of a kind that WeChat does not take is refused in words', async () => {
  await using channel = await openSimulatedChannel();
  const error = await failureOf(channel.send([{ type: 'audio', url: '/files/1/s/voice.webm' }]));
  assert.ok(error instanceof Rejected);
  assert.match(error.message, /does not take this kind of file/);
});

test('a picture whose caption is refused is not sent a second time by itself', async () => {
  await using channel = await openSimulatedChannel({
    onSent: ({ msgtype }) => {
      if (msgtype === 'image') channel.platform.inject({ errcode: -1 }, sendPath);
    },
  });
  const error = await failureOf(channel.send([{ ...image, caption: 'Our cat' }]));
  assert.ok(error instanceof Rejected, `${error.name}: the outbox would send the picture again`);
  assert.match(error.message, /The file arrived, its caption did not/);
});

test('a later attempt begins behind the parts that got through', async () => {
  await using channel = await openSimulatedChannel({ repliesPerMessage: 1 });
  const parts: Content[] = ['one', 'two'].map((each) => ({ type: 'text', text: each }));
  const told: number[] = [];
  assert.ok((await failureOf(channel.send(parts, { told }))) instanceof Rejected);
  assert.deepEqual(told, [0]);
  await channel.platform.push('http://127.0.0.1:9/', { FromUserName: 'oUser', MsgType: 'text', Content: 'go on' });
  await channel.send(parts, { told, fromPart: 1 });
  assert.deepEqual(told, [0, 1]);
  assert.deepEqual(
    channel.platform.sent.map(({ body }) => body.text),
    [{ content: 'one' }, { content: 'two' }],
  );
});

test('pictures are fetched as they are, and videos from where the platform says they lie', async () => {
  await using channel = await openSimulatedChannel();
  for (const mimeType of ['image/png', 'video/mp4']) {
    const bytes = Uint8Array.of(1, 2, 3);
    const id = channel.platform.keepMedia({ bytes, mimeType, fileName: 'kept' });
    assert.deepEqual(await channel.open().download(id, signal), { bytes, mimeType, fileName: 'kept' });
  }
});

test('an error of the platform or of a proxy is never taken for the customer’s picture', async () => {
  await using channel = await openSimulatedChannel();
  const { platform } = channel;
  const fetchIt = () => channel.open().download('M', signal);
  assert.match((await failureOf(fetchIt())).message, /40007/);
  platform.inject({ status: 404 }, '/cgi-bin/media/get');
  assert.ok((await failureOf(fetchIt())) instanceof RetryAfter);
  const id = platform.keepMedia({ bytes: Uint8Array.of(1), mimeType: 'video/mp4', fileName: 'v.mp4' });
  platform.inject({ status: 403 }, '/simulated/video');
  assert.ok((await failureOf(channel.open().download(id, signal))) instanceof RetryAfter);
});

test('a video whose address leads into the private network is not fetched', async () => {
  await using channel = await openSimulatedChannel();
  await using neighbour = await openSimulatedChannel();
  const body = JSON.stringify({ video_url: `${neighbour.platform.url}/simulated/video?media_id=M` });
  channel.platform.inject({ status: 200, body }, '/cgi-bin/media/get');
  await assert.rejects(channel.open().download('M', signal));
  assert.equal(neighbour.platform.counts['/simulated/video'], undefined);
});

test('typing is shown and ended', async () => {
  await using channel = await openSimulatedChannel();
  const to = { contactExternalId: 'oUser', conversationId: 'conversation-1' };
  await channel.open().typing(to, true, signal);
  await channel.open().typing(to, false, signal);
  assert.deepEqual(
    channel.platform.typing.map(({ command }) => command),
    ['Typing', 'CancelTyping'],
  );
});
