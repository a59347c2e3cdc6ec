import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';
import { createAgents, type Revoked } from './agents.ts';

/** Time that the test moves, and a clock that it sets; nobody waits for it. */
function createStandingClock(): Clock & { at: number; setByMs: number; slept: number[] } {
  const clock = {
    at: 1_700_000_000_000,
    setByMs: 0,
    slept: [] as number[],
    now: () => clock.at + clock.setByMs,
    elapsed: () => clock.at,
    sleep: async (ms: number) => {
      clock.slept.push(ms);
    },
  };
  return clock;
}

async function openAgents(on?: TestStore) {
  const store = on ?? (await openTestStore());
  const clock = createStandingClock();
  const agents = await createAgents({ store: store.agents, clock });
  const revoked: object[] = [];
  agents.onRevoked((which) => revoked.push(which));
  return { store, clock, agents, revoked };
}
const ada = { email: ' Ada@Example.org', name: 'Ada', role: 'admin' as const, capacity: 5, password: 'correct horse' };
const bob = { ...ada, email: 'bob@example.org', name: 'Bob', role: 'agent' as const };
const isRefused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;

test('who signs in is known by the token, after a restart too, until it ends', async () => {
  const { agents, store, clock } = await openAgents();
  const { agent, password } = await agents.create(ada);
  assert.equal(password, undefined);
  const { token, expiresAt } = await agents.signIn('ADA@example.org ', 'correct horse', '192.0.2.1');
  assert.equal((await agents.authenticate(token)).agent.id, agent.id);
  assert.ok(
    !JSON.stringify(await store.rows('select * from sessions')).includes(token),
    'the token itself is not stored',
  );
  const again = await createAgents({ store: store.agents, clock });
  assert.equal((await again.authenticate(token)).agent.email, 'ada@example.org');
  clock.at = expiresAt;
  await assert.rejects(again.authenticate(token), isRefused('unauthorized'));
  const { token: second } = await agents.signIn('ada@example.org', 'correct horse', '192.0.2.1');
  await agents.signOut(second);
  await assert.rejects(agents.authenticate(second), isRefused('unauthorized'));
});

test('a failed sign-in has one answer and one delay, whatever the reason', async () => {
  const { agents, clock } = await openAgents();
  await agents.create(ada);
  const { agent } = await agents.create(bob);
  await agents.change(agent.id, { enabled: false });
  const answers: string[] = [];
  for (const [email, password] of [
    ['ada@example.org', 'wrong'],
    ['nobody@example.org', 'correct horse'],
    ['bob@example.org', 'correct horse'],
    ['', ''],
  ] as const) {
    await agents
      .signIn(email, password, '192.0.2.1')
      .catch((error: Refusal) => answers.push(`${error.code} ${error.message}`));
  }
  assert.equal(answers.length, 4);
  assert.equal(new Set(answers).size, 1);
  assert.deepEqual(clock.slept, [400, 400, 400, 400]);
});

test('after ten failures an account waits, also when all come at once', async () => {
  const { agents, clock } = await openAgents();
  await agents.create(ada);
  const tries = await Promise.allSettled(
    Array.from({ length: 14 }, (_, i) => agents.signIn('ada@example.org', 'wrong', `192.0.2.${i}`)),
  );
  const codes = tries.map((result) => (result.status === 'rejected' ? (result.reason as Refusal).code : 'in'));
  assert.equal(codes.filter((code) => code === 'login-failed').length, 10);
  assert.equal(codes.filter((code) => code === 'too-many-requests').length, 4);
  await assert.rejects(agents.signIn('ada@example.org', 'correct horse', '192.0.2.99'), (error) => {
    assert.ok(error instanceof Refusal && error.code === 'too-many-requests');
    assert.equal(error.retryAfterMs, 15 * 60_000);
    return true;
  });
  // Not longer where somebody sets the clock back meanwhile.
  clock.setByMs = -3_600_000;
  clock.at += 15 * 60_000;
  await agents.signIn('ada@example.org', 'correct horse', '192.0.2.99');
});

test('strangers who fail at an account do not keep out a browser that has signed in to it, which has ten tries of its own', async () => {
  const { agents, clock } = await openAgents();
  await agents.create(ada);
  await agents.create(bob);
  const right = (browser?: string) => agents.signIn(ada.email, ada.password, '192.0.2.99', browser);
  const wrong = (browser?: string) =>
    Promise.allSettled(Array.from({ length: 10 }, () => agents.signIn(ada.email, 'wrong', '192.0.2.1', browser)));
  const { browser } = await right();
  const ofBob = (await agents.signIn(bob.email, bob.password, '192.0.2.99')).browser;
  await wrong();
  const [name] = browser.split('.');
  for (const stranger of [undefined, '', ofBob, `${name}.`, `${name}.${ofBob.split('.')[1]}`, `x${browser}`]) {
    await assert.rejects(right(stranger), isRefused('too-many-requests'), stranger);
  }
  const again = await right(browser);
  await assert.rejects(right(), isRefused('too-many-requests'), 'its success gives strangers no new tries');
  await wrong(again.browser);
  await assert.rejects(right(again.browser), isRefused('too-many-requests'));
  clock.at += 15 * 60_000;
  const { agent } = await right(again.browser);
  await wrong();
  await agents.change(agent.id, { password: 'another password' });
  await assert.rejects(
    agents.signIn(ada.email, 'another password', '192.0.2.99', again.browser),
    isRefused('too-many-requests'),
    'what knew the old password is known no more',
  );
});

test('one colleague who forgot a password does not keep an office out; who tries many accounts waits', async () => {
  const { agents } = await openAgents();
  await agents.create(ada);
  await agents.create(bob);
  const failuresOf = (email: string, times: number) =>
    Promise.allSettled(Array.from({ length: times }, () => agents.signIn(email, 'wrong', '192.0.2.1')));
  await failuresOf(bob.email, 20);
  await agents.signIn(ada.email, 'correct horse', '192.0.2.1');
  for (let account = 0; account < 5; account++) await failuresOf(`guess${account}@example.org`, 10);
  await assert.rejects(agents.signIn(ada.email, 'correct horse', '192.0.2.1'), isRefused('too-many-requests'));
  await agents.signIn(ada.email, 'correct horse', '192.0.2.2');
});

test('whoever has a whole IPv6 network tries no more passwords than one address', async () => {
  const { agents } = await openAgents();
  await agents.create(ada);
  for (let account = 0; account < 5; account++)
    await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        agents.signIn(`guess${account}@example.org`, 'wrong', `2001:db8:0:1::${account}${i}`),
      ),
    );
  await assert.rejects(agents.signIn(ada.email, 'correct horse', '2001:db8:0:1::ffff'), isRefused('too-many-requests'));
  await agents.signIn(ada.email, 'correct horse', '2001:db8:0:2::1');
});

test('who signs in rightly is not counted among the failures', async () => {
  const { agents } = await openAgents();
  await agents.create(ada);
  for (let i = 0; i < 12; i++) await agents.signIn('ada@example.org', 'correct horse', '192.0.2.1');
});

test('a switched-off agent, a new password and another role end the sign-ins', async () => {
  const { agents, revoked } = await openAgents();
  await agents.create(ada);
  const { agent } = await agents.create(bob);
  let password = bob.password;
  for (const patch of [{ role: 'supervisor' as const }, { password: 'new password' }, { enabled: false }]) {
    const { token } = await agents.signIn('bob@example.org', password, '192.0.2.1');
    await agents.change(agent.id, patch);
    password = 'new password' in patch ? password : (patch.password ?? password);
    await assert.rejects(agents.authenticate(token), isRefused('unauthorized'));
    assert.deepEqual(revoked.at(-1), { agentId: agent.id });
  }
  const { token } = await agents.signIn('ada@example.org', 'correct horse', '192.0.2.1');
  await agents.change((await agents.authenticate(token)).agent.id, { name: 'Ada L.', capacity: 9 });
  assert.equal((await agents.authenticate(token)).agent.name, 'Ada L.');
});

test('one cannot be an agent twice', async () => {
  const { agents } = await openAgents();
  await agents.create(ada);
  await assert.rejects(agents.create({ ...bob, email: 'ADA@example.org' }), isRefused('conflict'));
});

test('changing the own password needs the present one, and ends every other sign-in', async () => {
  const { agents } = await openAgents();
  await agents.create(ada);
  const mine = await agents.signIn('ada@example.org', 'correct horse', '192.0.2.1');
  const other = await agents.signIn('ada@example.org', 'correct horse', '192.0.2.1');
  await assert.rejects(agents.changeOwnPassword(mine, 'wrong', 'next password'), isRefused('bad-request'));
  await agents.changeOwnPassword(mine, 'correct horse', 'next password');
  await agents.authenticate(mine.token);
  await assert.rejects(agents.authenticate(other.token), isRefused('unauthorized'));
  await assert.rejects(agents.signIn('ada@example.org', 'correct horse', '192.0.2.1'), isRefused('login-failed'));
  await agents.signIn('ada@example.org', 'next password', '192.0.2.1');
});

test('what another process changed holds here: an agent, a password, the end of a sign-in', async () => {
  const { agents, store, clock } = await openAgents();
  const others = await createAgents({ store: store.agents, clock });
  const heard: Revoked[] = [];
  agents.onRevoked((which, by) => by === 'others' && heard.push(which));
  const { agent } = await others.create(ada);
  const { token, sessionKey } = await others.signIn('ada@example.org', 'correct horse', '192.0.2.1');
  assert.equal((await agents.authenticate(token)).agent.id, agent.id);
  await others.change(agent.id, { name: 'Ada L.' });
  await agents.reload();
  assert.equal(agents.get(agent.id)?.name, 'Ada L.');
  await agents.recheck([sessionKey]);
  assert.deepEqual(heard, []);
  await others.signOut(token);
  await agents.recheck([sessionKey]);
  assert.deepEqual(heard, [{ sessionKey }]);
  await assert.rejects(agents.authenticate(token), isRefused('unauthorized'));
});

test('the last administrator stays one, also when two step down at once', async () => {
  const { agents } = await openAgents();
  const { agent: first } = await agents.create(ada);
  for (const patch of [{ enabled: false }, { role: 'agent' as const }]) {
    await assert.rejects(agents.change(first.id, patch), isRefused('conflict'));
  }
  const { agent: second } = await agents.create({ ...bob, role: 'admin' });
  const steps = await Promise.allSettled([
    agents.change(first.id, { role: 'agent', password: 'another one' }),
    agents.change(second.id, { enabled: false }),
  ]);
  assert.deepEqual(steps.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(agents.all().filter(({ role, enabled }) => role === 'admin' && enabled).length, 1);
});
