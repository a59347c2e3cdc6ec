import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentVerdict, verdictKeys } from './decision-record.ts';
import { whyGiven, whyNot, whyNotGiven } from './explain-decision.ts';
import { Desk, members, minuteMs } from './routing-core-fixture.ts';

const names = {
  agent: (id: string) => id.replace(/^./, (first) => first.toUpperCase()),
  group: (id: string) => `Group ${id}`,
};

test('"why did I get this" names what set the agent apart, how long was waited and what was waived', () => {
  const desk = new Desk([
    { id: 'g', minLevel: 4, relax: { lowerLevelAfterMs: minuteMs }, members: members('ada:3', 'bob:3', 'cleo:3') },
  ]);
  for (const id of ['ada', 'bob', 'cleo']) desk.agent(id, { capacity: 2 });
  desk.agent('cleo', { presence: 'away' });
  desk.busy('ada', 100);
  const id = desk.arrives({ priority: 'high' });
  desk.decide();
  desk.pass(minuteMs);
  const given = desk.given(id);
  assert.ok(given !== undefined);
  assert.deepEqual(
    whyGiven(given, names).map(({ text }) => text),
    [
      'Bob came before Ada by load: 0 of 2, against 1 of 2.',
      'The customer had waited 60 s.',
      'Its priority was worth 900 s of waiting.',
      'The level asked for was lowered by 1.',
      'Others of the group: 1 away.',
    ],
  );
  assert.equal(whyNotGiven(given, 'ada', names).key, 'beaten.load');
  assert.equal(whyNotGiven(given, 'cleo', names).text, 'Is away.');
  assert.equal(whyNotGiven(given, 'zoe', names).key, 'not-kept');
});

test('an agent who served the contact last, who was the only one, or who took it by hand, reads so', () => {
  const history = { withinMs: 60 * minuteMs, waitAtMostMs: 0 };
  const desk = new Desk([{ id: 'g', history, members: members('ada', 'bob') }]);
  desk.agent('ada');
  desk.agent('bob');
  const last = desk.given(desk.arrives({ lastAgent: { id: 'bob', at: desk.now } }));
  assert.ok(last !== undefined);
  assert.equal(whyGiven(last, names)[0]?.text, 'Served the contact last.');
  assert.equal(whyNotGiven(last, 'ada', names).text, 'Bob came first: Served the contact last.');
  desk.agent('ada', { presence: 'offline' });
  const only = desk.given(desk.arrives());
  assert.ok(only !== undefined);
  assert.equal(whyGiven(only, names)[0]?.text, 'Was the only one of Group g who could have it.');
  const taken = desk.core.pick(
    'bob',
    { conversationId: desk.arrives({ notAgents: ['bob'] }), override: true },
    desk.now,
  );
  assert.ok(taken.kind === 'assign');
  const texts = whyGiven(taken, names).map(({ text }) => text);
  assert.deepEqual(texts.slice(0, 2), ['Took it by hand.', 'Taken although: not this agent.']);
});

test('every verdict has words of its own, with the numbers in them', () => {
  const data = {
    level: 2,
    minLevel: 4,
    language: 'de',
    languages: 'en',
    forMs: 30_000,
    agentId: 'ada',
    channelType: 'web',
    cap: 3,
  };
  const verdict = (key: AgentVerdict['key']): AgentVerdict => ({
    agentId: 'bob',
    groupId: 'g',
    key,
    data: { ...data, usedUnits: 160, capacityUnits: 200, neededUnits: 100 },
  });
  const sentences = verdictKeys.map((key) => whyNot(verdict(key), names));
  assert.equal(new Set(sentences.map(({ text }) => text)).size, verdictKeys.length);
  const textOf = (key: AgentVerdict['key']) => whyNot(verdict(key), names).text;
  assert.equal(textOf('full'), 'Holds 1.6 of 2; this one needs 1.');
  assert.equal(textOf('level-too-low'), 'Has level 2 in Group g; level 4 is asked for.');
  assert.equal(textOf('kept-for-another'), 'It waits for Ada.');
  assert.equal(textOf('just-online'), 'Has just come online, and gets the next one in 30 s.');
});
