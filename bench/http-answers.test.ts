import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnswerReader } from './http-answers.ts';

const answers = [
  'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nsuccess',
  'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length:2\r\n\r\n{}',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
].join('');

for (const size of [1, 5, 50, 1_000]) {
  test(`answers are told apart although they arrive ${size} bytes at a time`, () => {
    const statuses: number[] = [];
    const take = createAnswerReader((status) => statuses.push(status));
    for (let at = 0; at < answers.length; at += size) take(Buffer.from(answers.slice(at, at + size)));
    assert.deepEqual(statuses, [200, 503, 204, 200]);
  });
}

test('an answer whose end cannot be known ends the run', () => {
  const take = createAnswerReader(() => undefined);
  assert.throws(() => take(Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')), /Cannot read/);
});
