import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ClickHouse, clickHouseMissing, startClickHouse } from '../../testing/clickhouse.ts';
import { archived, coldSuite, inChunks } from '../../testing/cold-suite.ts';
import { createClickHouseStore } from './clickhouse-store.ts';

let server: ClickHouse;
before(async () => {
  if (clickHouseMissing === false) server = await startClickHouse();
});
after(() => server?.[Symbol.asyncDispose]());

async function open() {
  const url = await server.createDatabase();
  const cold = createClickHouseStore({ url });
  return {
    url,
    cold,
    damage: async (conversationId: number, seq: number) => {
      await server.query(
        url,
        `alter table parley_archive update content = replaceOne(content, 'm', 'n') where conversation_id = ${conversationId} and seq = ${seq}`,
      );
      while ((await server.query(url, 'select count() from system.mutations where is_done = 0')) !== '0\n');
    },
    [Symbol.asyncDispose]: () => cold.close(),
  };
}

coldSuite('ClickHouse', open, { skip: clickHouseMissing });

test('a table of the operator is taken as it is', { skip: clickHouseMissing }, async () => {
  await using first = await open();
  await first.cold.write('b0001', inChunks([archived(1, 1)]));
  const second = createClickHouseStore({ url: first.url });
  assert.equal((await second.messages(1, { before: 9, limit: 9 })).length, 1);
  await second.close();
});

test('a server that is away is named, and used when it is back', { skip: clickHouseMissing }, async () => {
  const cold = createClickHouseStore({ url: 'http://127.0.0.1:1/nowhere' });
  await assert.rejects(cold.messages(1, { before: 9, limit: 9 }), /ClickHouse cannot be used/);
  await assert.rejects(cold.write('b0001', inChunks([archived(1, 1)])), /ClickHouse cannot be used/);
  await cold.close();
});
