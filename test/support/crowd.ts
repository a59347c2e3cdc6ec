import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@parley/sdk/client.ts';
import type { ClientEnvironment, ConversationView, ParleyClient } from '@parley/sdk/client-api.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import { connectLongPoll } from '@parley/sdk/transport-long-poll.ts';
import { connectWebSocket } from '@parley/sdk/transport-websocket.ts';
import { beginVisit, text } from './clients.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Target } from './load.ts';

const settledWithinMs = 60_000;

/** Visitors with the client library, as in a browser: each holds its socket up by itself and keeps what it cannot send. */
export interface Crowd extends Disposable {
  /** When each connection was asked for, on the monotonic clock, in order. */
  readonly connects: readonly number[];
  /** Everybody says something new. */
  say(ledger: Ledger): void;
  /** Until everybody is connected and whole, and all that they said is stored. */
  settled(): Promise<void>;
}

export async function openCrowd(target: Target, size: number): Promise<Crowd> {
  const connects: number[] = [];
  const members: Member[] = [];
  while (members.length < size) {
    const { visitorToken } = await beginVisit(target, target.webChannelId);
    members.push(openMember(target, visitorToken, () => connects.push(performance.now())));
  }
  const isSettled = ({ client, waiting }: Member) => client.status.state === 'live' && waiting.size === 0;
  const settled = async () => {
    for (const deadline = Date.now() + settledWithinMs; !members.every(isSettled); await sleep(20)) {
      const states = members.filter((each) => !isSettled(each)).map(({ client }) => client.status.state);
      assert.ok(Date.now() < deadline, `${states.length} visitors wait for the server: ${states.join(', ')}`);
    }
  };
  await settled();
  return {
    connects,
    say: (ledger) => {
      for (const { view, waiting } of members) {
        const entry = ledger.open('visitor');
        waiting.set(entry.text, entry);
        view.send(text(entry.text));
      }
    },
    settled,
    [Symbol.dispose]: () => {
      for (const { client } of members) client.close();
    },
  };
}

interface Member {
  readonly client: ParleyClient;
  readonly view: ConversationView;
  /** What it said and does not see in its place yet. */
  readonly waiting: Map<string, Entry>;
}

/** What the client library takes from outside, where there is no browser: a window that has the focus for ever. */
export const nodeEnvironment: Pick<ClientEnvironment, 'onWake' | 'connect'> = {
  onWake: () => () => undefined,
  connect: (kind, to) => (kind === 'websocket' ? connectWebSocket(to) : connectLongPoll(to, fetch)),
};

function openMember(target: Target, token: string, onConnect: () => void): Member {
  const client = createClient({
    server: target.url,
    role: 'visitor',
    token: async () => token,
    environment: {
      ...nodeEnvironment,
      connect: (kind, to) => {
        onConnect();
        return nodeEnvironment.connect(kind, to);
      },
    },
  });
  const view = client.own();
  const waiting = new Map<string, Entry>();
  view.subscribe(() => {
    for (const message of waiting.size === 0 ? [] : view.messages) take(waiting, message);
  });
  client.open();
  return { client, view, waiting };
}

function take(waiting: Map<string, Entry>, { content, conversationId, seq }: Message): void {
  const entry = content.type === 'text' ? waiting.get(content.text) : undefined;
  if (entry === undefined) return;
  entry.acknowledged = { at: Date.now(), conversationId, seq };
  waiting.delete(entry.text);
}

/** The most of some moments that lie within a time, wherever that begins. */
export function mostWithin(moments: readonly number[], ms: number): number {
  const counts = moments.map((first, at) => moments.slice(at).filter((each) => each - first < ms).length);
  return Math.max(0, ...counts);
}
