import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drafts, parseDraft } from './drafts.ts';

test('reply and note are kept apart, and the one being written is shown in the list', () => {
  drafts.set('c1', { mode: 'note', reply: 'to the customer', note: ' for us ', whisper: 'for Ada' });
  assert.equal(drafts.textOf('c1'), 'for us');
  drafts.set('c1', { ...drafts.get('c1'), mode: 'reply' });
  assert.equal(drafts.textOf('c1'), 'to the customer');
  drafts.set('c1', { ...drafts.get('c1'), mode: 'whisper' });
  assert.equal(drafts.textOf('c1'), 'for Ada');
  assert.equal(drafts.textOf('c2'), '');
});

test('a stored draft that is not understood is no draft', () => {
  const empty = { mode: 'reply', reply: '', note: '', whisper: '' };
  for (const text of [null, '', 'nonsense', 'null', '7', '{"mode":1,"reply":2,"note":null}']) {
    assert.deepEqual(parseDraft(text), empty, String(text));
  }
  assert.deepEqual(parseDraft('{"mode":"note","note":"n"}'), { mode: 'note', reply: '', note: 'n', whisper: '' });
  assert.deepEqual(parseDraft('{"mode":"whisper","whisper":"w"}'), {
    mode: 'whisper',
    reply: '',
    note: '',
    whisper: 'w',
  });
});
