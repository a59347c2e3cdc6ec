import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DialogueState, newDialogue } from '../dialogue/dialogue-state.ts';
import type { Decided } from '../dialogue/think.ts';
import { followBoth } from './divergence.ts';
import type { PastTurn } from './past-turn.ts';

const choices = ['refund', 'delivery'].map((id) => ({ id, label: id }));
const asking: DialogueState = { ...newDialogue, pending: { kind: 'did-you-mean', text: 'money', choices } };
const inFlow = (stepId: string): DialogueState => ({
  ...newDialogue,
  flow: { flowId: 'track', stepId, slot: 'order', choices: [], tries: 0 },
});

function left(state: DialogueState, handOff: Decided['decision']['handOff'] = null): Decided {
  const versions = { settings: 1, flows: 1, model: null };
  const decision = { act: 'answer', band: 'intent', messages: [], handOff, stages: [], versions } as const;
  return { kind: 'decided', decision, state };
}
const handsOver = left(newDialogue, { reason: 'asked', groupId: null });

/** Whether the turns of one conversation are apart, each with the state that was recorded and where both leave it. */
function apartOf(
  turns: readonly (readonly [recorded: DialogueState, before: Decided, after: Decided, epoch?: number])[],
) {
  const both = followBoth();
  return turns.map(([state, before, after, epoch = 1]) => {
    const isApart = both.isApart({ conversationId: '1', epoch, state } as PastTurn);
    if (!isApart) both.took(before, after);
    return isApart;
  });
}

test('as long as both leave the customer at the same place, every turn is compared', () => {
  const same = (state: DialogueState) => [state, left(inFlow('ask')), left(inFlow('ask'))] as const;
  assert.deepEqual(apartOf([same(newDialogue), same(inFlow('ask')), same(inFlow('ask'))]), [false, false, false]);
});

test('what answers a question that only one had asked is not compared, until the bot waited for nothing', () => {
  const free = [newDialogue, left(newDialogue), left(newDialogue)] as const;
  assert.deepEqual(
    apartOf([
      [newDialogue, left(inFlow('ask')), left(inFlow('which'))],
      [inFlow('ask'), left(newDialogue), left(newDialogue)],
      [inFlow('ask'), left(newDialogue), left(newDialogue)],
      free,
      free,
    ]),
    [false, true, true, false, false],
  );
  // Who was asked back by the candidate would not have gone on with the next question.
  assert.deepEqual(apartOf([[newDialogue, left(newDialogue), left(asking)], free, free]), [false, true, false]);
});

test('where one of both hands over, the bot has no further turn until it has the conversation anew', () => {
  const free = [newDialogue, left(newDialogue), left(newDialogue)] as const;
  assert.deepEqual(apartOf([[newDialogue, left(newDialogue), handsOver], free, free, [...free, 2]]), [
    false,
    true,
    true,
    false,
  ]);
  assert.deepEqual(apartOf([[newDialogue, handsOver, handsOver], free]), [false, false]);
});

test('each conversation begins together', () => {
  const both = followBoth();
  const turn = (conversationId: string) => ({ conversationId, epoch: 1, state: newDialogue }) as PastTurn;
  both.isApart(turn('1'));
  both.took(left(asking), handsOver);
  assert.deepEqual([both.isApart(turn('1')), both.isApart(turn('2'))], [true, false]);
});
