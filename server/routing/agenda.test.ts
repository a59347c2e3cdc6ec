import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../base/seeded.ts';
import { Agenda } from './agenda.ts';
import { Agent } from './routing-state.ts';

test('what is due comes in the order of its time and name, once, however often that was changed before', () => {
  const random = seeded(7);
  const below = (n: number) => Math.floor(random() * n);
  const agents = Array.from({ length: 400 }, (_, i) => new Agent(`agent${i}`));
  const agenda = new Agenda();
  const expected = new Map<Agent, number>();
  let now = 0;
  let taken = 0;
  for (let step = 0; step < 50_000; step++) {
    const agent = agents[below(agents.length)] as Agent;
    // Few times, so that many are due at the same one; now and then one that is over.
    const at = random() < 0.3 ? undefined : now - 2 + below(200);
    agenda.setDue(agent, at);
    if (at === undefined) expected.delete(agent);
    else expected.set(agent, at);
    assert.equal(agent.dueAt, at);
    if (random() > 0.02) continue;
    const times = [...expected.values()];
    assert.equal(agenda.nextAt(), times.length === 0 ? undefined : Math.min(...times));
    now += below(40);
    const due = [...expected]
      .filter(([, dueAt]) => dueAt <= now)
      .sort(([a, aAt], [b, bAt]) => aAt - bAt || (a.dueName < b.dueName ? -1 : 1))
      .map(([{ id }]) => id);
    assert.deepEqual(
      agenda.takeDue(now).map((what) => (what as Agent).id),
      due,
    );
    for (const id of due) expected.delete(agents[Number(id.slice(5))] as Agent);
    taken += due.length;
  }
  assert.ok(taken > 5_000, `${taken} were due`);
});
