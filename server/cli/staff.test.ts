import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openSqliteStore } from '../storage/warm/sqlite-store.ts';
import { mariadbMissing, startMariaDb } from '../testing/mariadb.ts';
import { parley, temporaryFolder } from './cli-fixture.ts';
import { fillStore, openStoreAt } from './filled-store-fixture.ts';
import { openConnection } from './sql-connection.ts';
import { measuredArrivals } from './staff-arrivals.ts';

const stated = ['--per-half-hour', '10,30,20', '--handling', '5m', '--start', '09:00', '--days', '10'];

test('stated arrivals get a line for each half hour with a bar, and what it comes to', async () => {
  const { code, out } = await parley({}, 'staff', ...stated);
  assert.equal(code, 0, out);
  const rows = [...out.matchAll(/^(\d\d:\d\d) +(\S+) +(\d+) +(█+\S?) +(\d+\.\d) %/gm)];
  assert.deepEqual(
    rows.map((row) => row[1]),
    ['09:00', '09:30', '10:00'],
  );
  const agents = rows.map((row) => Number(row[3]));
  assert.ok((agents[1] ?? 0) > (agents[0] ?? 0));
  assert.ok(rows.every((row) => Number(row[5]) >= 95));
  // The busiest half hour has the longest bar.
  const bars = rows.map((row) => (row[4] ?? '').length);
  assert.equal(Math.max(...bars), bars[agents.indexOf(Math.max(...agents))]);
  assert.match(out, /agent hours.*\n {2}answered in 20 s +9\d\.\d %/);
});

test('programs get the same as JSON, and a browser a picture', async () => {
  await using dir = await temporaryFolder();
  const svg = join(dir.path, 'plan.svg');
  const { code, out } = await parley({}, 'staff', ...stated, '--json', '--svg', svg);
  assert.equal(code, 0);
  const plan = JSON.parse(out) as {
    halfHours: {
      time: string;
      agents: number;
      byErlang: { agents: number };
      simulated: { low: number; high: number };
    }[];
    agentHours: number;
    simulated: { answeredInTime: { mean: number }; days: number };
  };
  assert.deepEqual(
    plan.halfHours.map(({ time }) => time),
    ['09:00', '09:30', '10:00'],
  );
  assert.equal(plan.agentHours, plan.halfHours.reduce((sum, { agents }) => sum + agents, 0) / 2);
  assert.ok(plan.simulated.days === 10 && plan.simulated.answeredInTime.mean > 0.9);
  const picture = await readFile(svg, 'utf8');
  assert.match(picture, /^<svg [^>]*role="img"/);
  assert.equal([...picture.matchAll(/<rect x=/g)].length, 6, 'a bar by theory and one on top for each half hour');
  assert.doesNotMatch(picture, /NaN|undefined|Infinity/);
});

test('a file of several days becomes one mean day, of the weekdays that are asked for', async () => {
  await using dir = await temporaryFolder();
  const file = join(dir.path, 'arrivals.csv');
  // A Monday, a Tuesday and a Saturday; finer than half hours, with a heading, and without counts.
  const days = [
    '2026-03-02T09:00,8',
    '2026-03-02T09:20,12',
    '2026-03-03 09:40,30',
    '2026-03-03 10:05',
    '2026-03-07 22:00,90',
  ];
  await writeFile(file, `time,count\n${days.join('\n')}\n`);
  const plan = async (...more: string[]) => {
    const { out } = await parley({}, 'staff', '--arrivals', file, '--handling', '5m', '--days', '0', '--json', ...more);
    const { halfHours, meanOfDays } = JSON.parse(out) as {
      halfHours: { time: string; arrivals: number }[];
      meanOfDays: number;
    };
    return { meanOfDays, seen: halfHours.map(({ time, arrivals }) => `${time} ${arrivals}`) };
  };
  const working = await plan('--weekdays', 'mon,tue');
  assert.deepEqual(working, { meanOfDays: 2, seen: ['09:00 10', '09:30 15', '10:00 0.5'] });
  assert.equal((await plan()).meanOfDays, 3);
  assert.deepEqual((await plan('--weekdays', 'sat', '--scale', '2')).seen, ['22:00 180']);
  await writeFile(file, '09:00,10\n09:30,20\n');
  assert.deepEqual((await plan()).seen, ['09:00 10', '09:30 20']);
});

test('bad input gets one line that names the option, and exit code 2', async () => {
  await using dir = await temporaryFolder();
  const file = join(dir.path, 'bad.csv');
  const come = ['--per-half-hour', '10'];
  const take = ['--handling', '5m'];
  for (const [args, named] of [
    [[], /--handling/],
    [take, /--per-half-hour/],
    [[...come, ...take, '--measured', '7'], /in one way/],
    [['--per-half-hour', '10,x', ...take], /--per-half-hour: .*"x"/],
    [['--per-half-hour', '-3', ...take], /per-half-hour/],
    [[...come, '--handling', '5'], /--handling: .*"5"/],
    [[...come, '--handling', '0s'], /--handling/],
    [[...come, ...take, '--patience', 'soon'], /--patience: .*never.*"soon"/],
    [[...come, ...take, '--target', '100'], /--target/],
    [[...come, ...take, '--within', '-1s'], /within/],
    [[...come, ...take, '--concurrency', '2.5'], /--concurrency: .*whole/],
    [[...come, ...take, '--min-agents', 'many'], /--min-agents/],
    [[...come, ...take, '--start', '25:00'], /--start/],
    [[...come, ...take, '--weekdays', 'mon,funday'], /--weekdays: .*"funday"/],
    [[...come, ...take, '--time-zone', 'Mars/Base'], /--time-zone: .*Mars/],
    [[...come, ...take, '--days', '1'], /--days/],
    [['--measured', '0', ...take], /--measured/],
    [['--arrivals', join(dir.path, 'none.csv'), ...take], /--arrivals: .*ENOENT/],
    [['--arrivals', file, ...take], /--arrivals: line 2 .*"25:99"/],
  ] as const) {
    await writeFile(file, '09:00,5\n25:99,5\n');
    const { code, out, err } = await parley({}, 'staff', ...args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, named, args.join(' '));
    assert.match(err, /^parley staff: .*\n$/, 'one line');
  }
});

test('where nobody comes it is said so', async () => {
  const { code, err } = await parley({}, 'staff', '--per-half-hour', '0,0', '--handling', '5m');
  assert.equal(code, 1);
  assert.match(err, /nobody comes/);
});

/** Moves the conversations of a filled store to times in March, two on Monday at nine in Berlin, one at midnight UTC. */
const moved = [
  ['2026-03-02T08:05:00Z', 1],
  ['2026-03-02T08:10:00Z', 2],
  ['2026-03-02T23:05:00Z', 3],
  // Today, and too long ago: not counted.
  ['2026-03-04T10:00:00Z', 4],
  ['2026-02-01T10:00:00Z', 5],
] as const;
const asked = { days: 7, timeZone: 'Europe/Berlin', now: Date.parse('2026-03-04T12:00:00Z') };

const engines = [
  { name: 'SQLite', skip: false as const },
  { name: 'MariaDB', skip: mariadbMissing },
];
for (const { name, skip } of engines) {
  test(`arrivals are measured in ${name}, by the clock of the time zone, over whole days`, { skip }, async () => {
    await using dir = await temporaryFolder();
    await using server = name === 'MariaDB' ? await startMariaDb() : undefined;
    const url = server === undefined ? `sqlite:${join(dir.path, 'parley.db')}` : await server.createDatabase();
    const store = await openStoreAt(url);
    await fillStore(store, moved.length, 1);
    await store.close();
    const database =
      server === undefined
        ? ({ engine: 'sqlite', path: join(dir.path, 'parley.db') } as const)
        : ({ engine: 'mysql', url, connections: 2 } as const);
    await using writer = await openConnection(database, 'write');
    const ids = (await writer.rows('select id from conversations order by id')).map(([id]) => id);
    for (const [i, [at]] of moved.entries()) {
      const ms = Date.parse(at);
      await writer.run('update conversations set created_at = ?, sort_at = ? where id = ?', [
        ms,
        ms + 5_000,
        ids[i] ?? 0,
      ]);
    }
    await using connection = await openConnection(database, 'read');
    const all = await measuredArrivals(connection, { ...asked, weekdays: ['mon', 'tue'] });
    // Monday 09:05 and 09:10; and five past midnight, which in Berlin is Tuesday.
    assert.equal(all.days, 2);
    assert.equal(all.startMinute, 0);
    assert.deepEqual([all.perHalfHour[0], all.perHalfHour[18], all.perHalfHour.length], [0.5, 1, 19]);
    const monday = await measuredArrivals(connection, { ...asked, weekdays: ['mon'] });
    assert.deepEqual([monday.startMinute, monday.perHalfHour], [9 * 60, [2]]);
  });
}

test('the database that the settings name is read, and only read', async () => {
  await using dir = await temporaryFolder();
  const data = join(dir.path, 'data');
  await mkdir(data);
  const path = join(data, 'parley.db');
  const store = await openSqliteStore(path);
  await fillStore(store, 6, 1);
  await store.close();
  const db = new DatabaseSync(path);
  const yesterday = Date.now() - 86_400_000;
  db.exec(`update conversations set created_at = ${yesterday}, sort_at = ${yesterday}`);
  const before = db.prepare('select total_changes() as n, (select count(*) from conversations) as c').get();
  db.close();
  const env = { PARLEY_DATA_DIR: data };
  const { code, out, err } = await parley(env, 'staff', '--measured', '3', '--handling', '5m', '--days', '0', '--json');
  assert.equal(code, 0, err);
  const { halfHours, meanOfDays } = JSON.parse(out) as { halfHours: { arrivals: number }[]; meanOfDays: number };
  assert.deepEqual([meanOfDays, halfHours.map(({ arrivals }) => arrivals)], [3, [2]]);
  assert.equal(before?.c, 6);
  const none = await parley({ PARLEY_DATA_DIR: dir.path }, 'staff', '--measured', '3', '--handling', '5m');
  assert.equal(none.code, 1);
  assert.match(none.err, /there is no such database/);
});
