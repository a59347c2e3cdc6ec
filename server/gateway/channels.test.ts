import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import type { ChannelRecord } from './channel-store.ts';
import { type AnyAdapter, type ChannelsDeps, createChannels } from './channels.ts';

const adapter = { type: 'post', settings: [], open: () => ({}) } as unknown as AnyAdapter;
const record = (id: string): ChannelRecord => {
  return { id, type: 'post', name: id, settings: {}, enabled: true, createdAt: 1, updatedAt: 1 };
};

/** Channels over a store that other processes write to too, and whose answers the test holds back. */
async function openChannels(stored: ChannelRecord[] = []) {
  const clock = createTestClock();
  const looks: (() => void)[] = [];
  let isHeld = false;
  const all = () => {
    const found = [...stored];
    if (!isHeld) return Promise.resolve(found);
    return new Promise<ChannelRecord[]>((resolve) => looks.push(() => resolve(found)));
  };
  const save = async (saved: ChannelRecord) => void stored.push(saved);
  const deps = { adapters: [adapter], store: { all, save }, clock, publicUrl: () => '', shared: () => undefined };
  const channels = await createChannels({ ...deps, fetchFor: () => undefined } as unknown as ChannelsDeps);
  isHeld = true;
  return { channels, clock, looks };
}

test('everybody who asks for a channel that another process has just made gets it, from one look', async () => {
  const stored: ChannelRecord[] = [];
  const { channels, looks } = await openChannels(stored);
  stored.push(record('new'));
  const asked = [channels.lookUp('new'), channels.lookUp('new')];
  assert.equal(looks.length, 1);
  looks[0]?.();
  assert.deepEqual(
    (await Promise.all(asked)).map((channel) => channel?.record.id),
    ['new', 'new'],
  );
});

test('whoever asks for what is not there costs the store one look a second', async () => {
  const { channels, clock, looks } = await openChannels();
  const ask = async () => {
    const asked = channels.lookUp('nowhere');
    for (const answer of looks) answer();
    return asked;
  };
  for (let i = 0; i < 10; i++) assert.equal(await ask(), undefined);
  assert.equal(looks.length, 1);
  await clock.advance(1_000);
  await ask();
  assert.equal(looks.length, 2);
});

test('a channel that is made during a look at the store stays', async () => {
  const { channels, looks } = await openChannels();
  const looking = channels.reload();
  const made = await channels.create({ type: 'post', name: 'made', settings: {}, enabled: true });
  looks[0]?.();
  await looking;
  assert.equal(channels.enabled(made.record.id), made);
});
