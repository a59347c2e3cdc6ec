import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectLongPoll } from './transport-long-poll.ts';

type Poll = {
  session?: string;
  frames: string[];
  authorization: string | undefined;
  answer(status: number, body?: unknown): Promise<void>;
  fail(): Promise<void>;
  aborted(): boolean;
};

/** The server's side in the test's hand: each poll waits here until it is answered. */
function openPoll() {
  const polls: Poll[] = [];
  const heard: string[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const transport = connectLongPoll({ server: 'http://chat.test', token: 'secret' }, (_url, init) => {
    return new Promise((resolve, reject) => {
      polls.push({
        ...JSON.parse(init.body ?? '{}'),
        authorization: init.headers.authorization,
        aborted: () => init.signal?.aborted === true,
        answer(status, body) {
          polls.splice(polls.indexOf(this), 1);
          resolve({ ok: status < 300, status, json: async () => body });
          return settle();
        },
        fail() {
          reject(new TypeError('network'));
          return settle();
        },
      });
    });
  });
  transport.onOpen = () => heard.push('open');
  transport.onText = (text) => heard.push(text);
  transport.onClose = ({ code }) => heard.push(`close ${code}`);
  return { transport, polls, heard };
}

test('one poll waits at the server, a second carries what is sent, and there is never a third', async () => {
  const { transport, polls, heard } = openPoll();
  assert.deepEqual([polls.length, polls[0]?.session, polls[0]?.authorization], [1, undefined, 'Bearer secret']);
  await polls[0]?.answer(200, { session: 's', frames: ['hello'] });
  assert.deepEqual(heard, ['open', 'hello']);
  assert.deepEqual([polls.length, polls[0]?.session, polls[0]?.frames], [1, 's', []]);

  transport.send('a');
  transport.send('b');
  transport.send('c');
  assert.deepEqual(
    polls.map(({ frames }) => frames),
    [[], ['a']],
  );
  assert.equal(transport.bufferedBytes, 2);
  await polls[0]?.answer(200, { session: 's', frames: ['ack a'] });
  assert.deepEqual(
    polls.map(({ frames }) => frames),
    [['a'], ['b', 'c']],
  );
  assert.deepEqual(heard, ['open', 'hello', 'ack a']);
});

test('a poll that fails is a lost connection, a refused token says so, and the server can close', async () => {
  const cases = [
    { end: (poll: Poll) => poll.fail(), heard: 'close 1006' },
    { end: (poll: Poll) => poll.answer(502), heard: 'close 1006' },
    { end: (poll: Poll) => poll.answer(401), heard: 'close 4001' },
    { end: (poll: Poll) => poll.answer(403), heard: 'close 4003' },
    {
      end: (poll: Poll) => poll.answer(200, { session: 's', frames: [], closed: { code: 1012, reason: '' } }),
      heard: 'close 1012',
    },
  ];
  for (const { end, heard: expected } of cases) {
    const { polls, heard } = openPoll();
    await polls[0]?.answer(200, { session: 's', frames: [] });
    if (polls[0] !== undefined) await end(polls[0]);
    assert.deepEqual(heard, ['open', expected]);
  }
});

test('closing takes back the poll that waits', async () => {
  const { transport, polls, heard } = openPoll();
  transport.close();
  assert.deepEqual([polls[0]?.aborted(), heard], [true, ['close 1000']]);
  await polls[0]?.answer(200, { session: 's', frames: ['late'] });
  assert.deepEqual([polls.length, heard], [0, ['close 1000']]);
});
