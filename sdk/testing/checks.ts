import assert from 'node:assert/strict';
import type { ClientOptions, ConversationView, ParleyClient } from '../client-api.ts';
import type { Message } from '../protocol.ts';
import type { ServerUnderTest } from './server-under-test.ts';

/** A person at a browser window: the client, and what survives a reload of it. */
export type Window = {
  readonly name: string;
  readonly role: 'visitor' | 'agent';
  readonly token: string;
  readonly storage: NonNullable<ClientOptions['storage']>;
  readonly wake: Set<() => void>;
  client: ParleyClient;
  /** The conversations on its screen. */
  views: Map<string, ConversationView>;
  socketsBlocked: boolean;
};

/** A message that was typed. `conversation`: where, in words that stay the same when a conversation gets its id. */
export type Sent = { clientId: string; window: string; conversation: string; discarded: boolean; retried: boolean };

/** At any moment: nothing twice, nothing out of order, no hole. */
export async function checkScreen(window: Window, server: ServerUnderTest): Promise<void> {
  for (const view of window.views.values()) {
    const stored = view.messages.flatMap(({ clientId }) => clientId ?? []);
    const shown = [...stored, ...view.pending.map(({ clientId }) => clientId)];
    assert.deepEqual(shown, [...new Set(shown)], `${window.name} shows a message twice in ${view.id}`);
    await checkUnbroken(window, view, server);
  }
}

async function checkUnbroken(window: Window, view: ConversationView, server: ServerUnderTest): Promise<void> {
  const seqs = view.messages.map(({ seq }) => seq);
  const [first = 0] = seqs;
  const last = seqs.at(-1) ?? 0;
  const sorted = [...new Set(seqs)].sort((a, b) => a - b);
  assert.deepEqual(seqs, sorted, `${window.name}: wrong order in ${view.id}`);
  // Across a restore, a client that has not heard of it yet shows what the store no longer has.
  if (window.client.hello?.epoch !== server.epoch || view.id === undefined) return;
  const history = (await server.history(window.role, view.id)).map(({ seq }) => seq);
  const expected = history.filter((seq) => seq >= first && seq <= last);
  assert.deepEqual(seqs, expected, `${window.name} has a hole in ${view.id}`);
}

/** When all is quiet: live, nothing unsent, proved whole lately, and showing what the store has. */
export async function checkWhole(window: Window, server: ServerUnderTest, now: number): Promise<number> {
  const { state, unsent, lastSyncAt = 0 } = window.client.status;
  assert.equal(state, 'live', `${window.name} is not live`);
  assert.equal(unsent, 0, `${window.name} has unsent messages`);
  assert.ok(now - lastSyncAt < 60_000, `${window.name} has not been proved whole for ${now - lastSyncAt} ms`);
  for (const view of window.views.values()) {
    const history = view.id === undefined ? [] : await server.history(window.role, view.id);
    const name = `${window.name} in conversation ${view.id}`;
    assert.ok(view.loaded, `${name}: not loaded`);
    const newest = view.hasOlder ? history.slice(-view.messages.length) : history;
    assert.deepEqual(view.messages, newest, `${name}: not what the store has`);
  }
  return window.views.size;
}

/** Nothing is stored twice; what was typed is stored, or stands failed, or was taken back. */
export function checkStoredOnce(windows: readonly Window[], sent: readonly Sent[], stored: readonly Message[]): void {
  const ids = stored.flatMap(({ clientId }) => clientId ?? []);
  assert.deepEqual(ids, [...new Set(ids)], 'a message is stored twice');
  for (const { clientId, window, discarded } of sent) {
    if (discarded || ids.includes(clientId)) continue;
    // Nothing is unsent any more, so what is still in the storage has failed, perhaps where nobody looks now.
    const typist = windows.find(({ name }) => name === window);
    const kept = typist?.storage.get(`parley.unsent.${typist.token}`)?.includes(`"${clientId}"`);
    assert.ok(kept, `${clientId} of ${window} is lost`);
  }
}

/**
 * What one window typed in one conversation is stored in the order of typing, but for what was refused and retried, and
 * for what another window took back while it was on the wire here: that may still arrive.
 */
export function checkStoredInOrder(sent: readonly Sent[], stored: readonly Message[]): void {
  const place = new Map(stored.map(({ clientId, seq }) => [clientId, seq]));
  const last = new Map<string, number>();
  for (const { clientId, window, conversation, retried, discarded } of sent) {
    const seq = place.get(clientId);
    if (seq === undefined || retried || discarded) continue;
    const typist = `${window} ${conversation}`;
    assert.ok(seq > (last.get(typist) ?? 0), `${clientId} of ${window} was stored before an earlier one`);
    last.set(typist, seq);
  }
}
