import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parley } from './cli-fixture.ts';

const shop = ['--visitors', '300', '--messages', '20,000'];

test('a plan for a shop says that one process is enough, and what it rests on', async () => {
  const { code, out } = await parley({}, 'plan', ...shop);
  assert.equal(code, 0);
  assert.match(out, /One process on SQLite is enough\./);
  for (const basis of ['measured', 'extrapolated', 'assumed']) assert.match(out, new RegExp(`^ {2}${basis} `, 'm'));
  assert.match(out, /npm run bench:stages.*\d{4}-\d\d-\d\d/);
  assert.doesNotMatch(out, /NaN|undefined|Infinity/);
});

test('a plan for several processes counts them, with what may be lost, and one beyond this version says so first', async () => {
  const node = await parley({}, 'plan', ...shop, '--survive', 'node');
  assert.match(node.out, /Several processes on one database and Redis are enough\./);
  assert.match(node.out, /not less: the loss of a node has to be survived/);
  assert.match(node.out, /^ {2}websocket +1 \+ 1 /m);
  assert.match(node.out, /PARLEY_QUEUE_PARTITIONS +16/);
  const bank = await parley(
    {},
    'plan',
    '--visitors',
    '1000000',
    '--messages-per-second',
    '100000',
    '--survive',
    'zone',
  );
  assert.match(bank.out, /this version cannot use several: docs\/scale\.md/);
  assert.match(bank.out, /one primary of the database +.* OVER \(measured\)/);
  assert.doesNotMatch(bank.out, /NaN|undefined|Infinity/);
});

test('as JSON the plan has what was asked, what it comes to, and what that rests on', async () => {
  const { out } = await parley({}, 'plan', ...shop, '--agents', '7', '--json');
  const { demand, plan, assumptions } = JSON.parse(out);
  assert.equal(demand.agents, 7);
  assert.equal(demand.messagesPerDay, 20_000);
  assert.equal(plan.stage, 'alone');
  assert.equal(plan.limits.length > 5 && assumptions.length > 5, true);
});

test('what makes no sense ends with one line that names the option, and exit code 2', async () => {
  const cases: [string, string[]][] = [
    ['--visitors', ['--messages', '5']],
    ['--messages', ['--visitors', '5']],
    ['--visitors', ['--visitors', 'many', '--messages', '5']],
    ['--visitors', ['--visitors', '-1', '--messages', '5']],
    ['--visitors', ['--visitors', '1.5', '--messages', '5']],
    ['--visitors', ['--visitors', '', '--messages', '5']],
    ['--callbacks', [...shop, '--callbacks', '2']],
    ['--target-utilisation', [...shop, '--target-utilisation', '1']],
    ['--archive-after-days', [...shop, '--archive-after-days', '7']],
    ['--survive', [...shop, '--survive', 'everything']],
    ['--zones', [...shop, '--zones', '1']],
    ['--years', [...shop, '--years', '0']],
    ['--messages-per-second', [...shop, '--messages-per-second', '0.1']],
    ['--bogus', [...shop, '--bogus', '1']],
  ];
  for (const [option, args] of cases) {
    const { code, out, err } = await parley({}, 'plan', ...args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, new RegExp(`^parley plan: [^\\n]*${option}[^\\n]*\\n$`), args.join(' '));
  }
});
