import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { startWechatSimulator, type WechatSimulator } from './simulated-platform.ts';

const write = { MsgType: 'text', FromUserName: 'oUser', Content: 'hi' };
const minute = 60_000;

/** Somebody who answers callbacks. */
async function startReceiver(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
const saysSuccess: RequestListener = (_, response) => void response.end('success');

async function call(platform: WechatSimulator, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(platform.url + path, { method: 'POST', body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

function askToken(platform: WechatSimulator, options: object = {}) {
  const { appId: appid, appSecret: secret } = platform.account;
  return call(platform, '/cgi-bin/stable_token', { grant_type: 'client_credential', appid, secret, ...options });
}

/** The code that a text to the follower meets with this token. */
async function codeOf(platform: WechatSimulator, token: unknown): Promise<unknown> {
  const message = { touser: 'oUser', msgtype: 'text', text: { content: 'hello' } };
  return (await call(platform, `/cgi-bin/message/custom/send?access_token=${token}`, message)).errcode;
}

test('the same token is given until five minutes before its end, and then both are valid', async () => {
  const clock = createTestClock();
  await using platform = await startWechatSimulator({ now: clock.now, attempts: 0 });
  await platform.push('http://127.0.0.1:9/', write);
  const { access_token: first, expires_in } = await askToken(platform);
  assert.equal(expires_in, 7_200);
  await clock.advance(114 * minute);
  assert.equal((await askToken(platform)).access_token, first);
  await clock.advance(2 * minute);
  const { access_token: second } = await askToken(platform);
  assert.notEqual(second, first);
  assert.deepEqual([await codeOf(platform, first), await codeOf(platform, second)], [0, 0]);
  await clock.advance(5 * minute);
  assert.deepEqual([await codeOf(platform, first), await codeOf(platform, second)], [42_001, 0]);
});

test('a forced token ends the former one at once', async () => {
  await using platform = await startWechatSimulator({ attempts: 0 });
  await platform.push('http://127.0.0.1:9/', write);
  const { access_token: first } = await askToken(platform);
  const { access_token: second } = await askToken(platform, { force_refresh: true });
  assert.deepEqual([await codeOf(platform, first), await codeOf(platform, second)], [40_001, 0]);
});

test('the reply window is that of what the follower did last', async () => {
  const clock = createTestClock();
  await using platform = await startWechatSimulator({ now: clock.now, attempts: 0, tokenSeconds: 1_000_000 });
  const { access_token: token } = await askToken(platform);
  const does = (fields: object) => platform.push('http://127.0.0.1:9/', { FromUserName: 'oUser', ...fields });
  const codes = async (count: number) => {
    const all: unknown[] = [];
    for (let i = 0; i < count; i++) all.push(await codeOf(platform, token));
    return all;
  };
  assert.deepEqual(await codes(1), [40_003]);
  await does({ MsgType: 'event', Event: 'subscribe' });
  assert.deepEqual(await codes(4), [0, 0, 0, 45_047]);
  await does({ MsgType: 'event', Event: 'CLICK', EventKey: 'K' });
  await clock.advance(minute);
  assert.deepEqual(await codes(1), [45_015]);
  await does(write);
  await clock.advance(48 * 60 * minute - 1);
  assert.deepEqual(await codes(6), [0, 0, 0, 0, 0, 45_047]);
  await does({ MsgType: 'event', Event: 'VIEW', EventKey: 'https://shop.example/' });
  assert.deepEqual(await codes(1), [45_047]);
  await does({ MsgType: 'event', Event: 'unsubscribe' });
  assert.deepEqual(await codes(1), [43_004]);
});

test('a callback without an answer is made three times, and the user then reads that the account is out of order', async () => {
  let asked = 0;
  await using receiver = await startReceiver((request) => {
    asked += 1;
    request.resume();
  });
  await using platform = await startWechatSimulator({ answerWithinMs: 100 });
  assert.deepEqual(await platform.push(receiver.url, write), {
    attempts: 3,
    result: 'unavailable',
    statuses: ['no answer', 'no answer', 'no answer'],
  });
  assert.equal(asked, 3);
});

test('an answer that is no reply is not asked for again, and the user reads that the account is out of order', async () => {
  await using receiver = await startReceiver((_, response) => void response.end('{"ok":true}'));
  await using platform = await startWechatSimulator();
  assert.deepEqual(await platform.push(receiver.url, write), { attempts: 1, result: 'unavailable', statuses: [200] });
});

test('by hand: it prints the settings, says what came of a line, and ends with the input', async () => {
  await using receiver = await startReceiver(saysSuccess);
  const child = spawn(process.execPath, [
    'scripts/sim.ts',
    'wechat-official',
    '--port',
    '0',
    '--callback',
    receiver.url,
  ]);
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  })();
  child.stdin.end('Good morning\n/event subscribe\n/nonsense\n/verify\n/quit\n');
  const [code] = await once(child, 'close');
  await reading;
  assert.equal(code, 0);
  const output = lines.join('\n');
  assert.match(output, /AppID\s+wxsimulated00001/);
  assert.match(output, /EncodingAESKey\s+\S{43}/);
  assert.equal(output.match(/accepted at attempt 1/g)?.length, 2);
  assert.equal(output.match(/Commands:/g)?.length, 2);
  assert.match(output, /not answered rightly/);
});

for (const [args, words] of [
  [['wechat-official'], /usage: .*--callback/],
  [['wechat-official', '--nonsense'], /--nonsense/],
  [['carrier-pigeon'], /Channel types with a simulator:.*wechat-official/],
] as const) {
  test(`by hand: a mistake gets one clear line: ${args.join(' ')}`, async () => {
    const child = spawn(process.execPath, ['scripts/sim.ts', ...args]);
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 2);
    assert.match(said, words);
    assert.doesNotMatch(said, /\n\s+at /);
  });
}
