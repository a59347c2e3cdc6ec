import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, SenderType } from '@parley/sdk/protocol.ts';
import { unansweredSeq } from './suggestion-queries.ts';

const said = (...by: (SenderType | 'note')[]) =>
  by.map(
    (type, index) =>
      ({ seq: index + 1, private: type === 'note', sender: { type: type === 'note' ? 'agent' : type } }) as Message,
  );

test('replies are recommended from the customer’s last word until an agent answers it', () => {
  assert.equal(unansweredSeq(said('contact')), 1);
  assert.equal(unansweredSeq(said('contact', 'agent')), undefined);
  assert.equal(unansweredSeq(said('contact', 'agent', 'contact', 'contact')), 4);
  assert.equal(unansweredSeq(said('contact', 'note', 'system', 'bot')), 1, 'notes, events and the bot answer nothing');
  assert.equal(unansweredSeq([]), undefined);
});
