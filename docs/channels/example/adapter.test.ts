import { createHmac } from 'node:crypto';
import { adapterContract } from '../../../server/gateway/adapter-contract.ts';
import { pigeon } from './adapter.ts';

const settings = { secret: 'a-secret-for-tests', baseUrl: 'https://api.pigeon.example' };

adapterContract('pigeon', {
  adapter: pigeon,
  settings,
  now: 1_767_323_045_000,
  callbacks: {
    corpus: [
      {
        name: 'a text',
        body: '{"id":"7","from":"ann","text":"Where is my order?","sent":1767323040}',
        entries: [
          {
            kind: 'message',
            externalId: '7',
            contact: { externalId: 'ann' },
            content: { type: 'text', text: 'Where is my order?' },
            sentAt: 1_767_323_040_000,
          },
        ],
      },
      { name: 'a text in Chinese', body: '{"id":"8","from":"小王","text":"我的订单在哪里？🐦"}' },
    ],
    seal: (body, { at }) => {
      const time = String(Math.floor(at / 1000));
      const signature = createHmac('sha256', settings.secret).update(`${time}.`).update(body).digest('hex');
      const headers = { 'x-pigeon-time': time, 'x-pigeon-signature': signature };
      return { method: 'POST', path: '', query: new URLSearchParams(), headers, body, receivedAt: at };
    },
    signedBy: { in: 'headers', names: ['x-pigeon-time', 'x-pigeon-signature'] },
    windowMs: { past: 300_000, future: 300_000 },
    withId: (id) => JSON.stringify({ id, from: 'ann', text: 'Coo' }),
  },
  sends: {
    accepts: [{ status: 200, body: '{"id":"9"}' }],
    cases: [
      {
        name: 'it is on its way',
        answers: [{ status: 200, body: '{"id":"9"}' }],
        expected: { kind: 'sent', externalId: '9' },
      },
      {
        name: 'all pigeons are out',
        answers: [{ status: 200, body: '{"error":"busy","seconds":3}' }],
        expected: { kind: 'retry-after', afterMs: 3_000 },
      },
      {
        name: 'the contact has moved',
        answers: [{ status: 200, body: '{"error":"moved"}' }],
        expected: { kind: 'gone', what: 'contact' },
      },
      {
        name: 'the letter is too heavy',
        answers: [{ status: 200, body: '{"error":"heavy"}' }],
        expected: { kind: 'rejected', platformCode: 'heavy' },
      },
      { name: 'no answer', answers: [{ fails: 'timeout' }], expected: { kind: 'unknown' } },
      {
        name: 'an answer that nobody can read',
        answers: [{ status: 502, body: '<html>' }],
        expected: { kind: 'unknown' },
      },
    ],
  },
});
