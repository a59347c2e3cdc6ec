import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientFrames } from '@parley/sdk/protocol.ts';
import { readKeys } from '../../server/channels/webhook/settings.ts';
import { signWebhook } from '../../server/channels/webhook/signature.ts';
import { AnswerLost, beginVisit, call, comeAgain, FrameSocket, must, text } from './clients.ts';
import type { Acknowledged, Entry, Ledger } from './ledger.ts';

/** Where the load goes; its server comes and goes under it, on one port. */
export interface Target {
  readonly url: string;
  readonly agentToken: string;
  readonly webChannelId: string;
  readonly hook: Hook;
}

/** A webhook channel and the key that its callbacks are signed with. */
export interface Hook {
  readonly channelId: string;
  readonly secret: string;
}

/** Where the other system takes our answers, and how long we wait for it. */
export interface HookSettings {
  readonly outboundUrl: string;
  readonly outboundSecret: string;
  readonly timeoutMs?: number;
}

export async function createHook(
  server: { readonly url: string },
  token: string,
  settings?: HookSettings,
): Promise<Hook> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const body = { type: 'webhook', name: 'Other system', settings: { inboundSecret: secret, ...settings } };
  const { id } = await must(call<{ id: string }>(server, 'POST /api/v1/channels', { token, body }));
  return { channelId: id, secret };
}

export interface HookMessage {
  readonly key: string;
  readonly contact: string;
  readonly text: string;
}

/** Posts message events, one or up to a hundred in one request, signed now, or with a clock that is so far ahead. */
export function postHook(server: { readonly url: string }, hook: Hook, messages: readonly HookMessage[], aheadS = 0) {
  const events = messages.map((message) => ({
    type: 'message.created',
    data: { externalId: message.key, contact: { externalId: message.contact }, content: text(message.text) },
  }));
  const body = JSON.stringify({ events });
  const id = `evt_${messages[0]?.key}`;
  const timestampS = Math.floor(Date.now() / 1000) + aheadS;
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signWebhook({ id, timestampS, body }, readKeys(hook.secret)),
  };
  return call<{ code?: string }>(server, `POST /hooks/${hook.channelId}`, { raw: body, headers });
}

export interface Load {
  /** The agent answers in this conversation too, beside those of the visitors. */
  answerIn(conversationId: string): void;
  /** Sends nothing new, repeats what has no answer until it has one, and ends. */
  finish(): Promise<void>;
  /** Ends at once, whatever has no answer: for a test that has failed. */
  abandon(): void;
}

export interface LoadSize {
  readonly visitors: number;
  readonly hookContacts: number;
  /** Messages that each of them has under way at once. */
  readonly lanes: number;
  /** Longest pause of a lane between two messages. */
  readonly pauseMs: number;
  /** The other system comes again where its signature is too old, and signs anew. */
  readonly isStaleForLater?: boolean;
}

type Send = (entry: Entry) => Promise<Acknowledged>;

/**
 * Visitors over WebSocket, callbacks over HTTP and an agent who answers, each in several lanes: a lane sends, waits for
 * its answer, and sends the same again with the same id until it has one.
 */
export function startLoad(target: Target, ledger: Ledger, size: LoadSize): Load {
  let finishing = false;
  let abandoned = false;
  const lanes: Promise<void>[] = [];
  /** Conversations that the agent can answer in. */
  const open = new Set<string>();

  async function lane(by: Entry['by'], send: Send): Promise<void> {
    while (!finishing) {
      const entry = ledger.open(by);
      while (!(await ledger.attempt(entry, () => send(entry))) && !abandoned) await sleep(20 + Math.random() * 60);
      await sleep(Math.random() * size.pauseMs);
    }
  }

  function startLanes(by: Entry['by'], send: Send): void {
    for (let i = 0; i < size.lanes; i++) {
      lanes.push(lane(by, send).catch((error: unknown) => void ledger.surprises.push(`${by}: ${String(error)}`)));
    }
  }

  const visitor = () => {
    const send = createSender(
      target,
      'visitor',
      once(() => beginVisit(target, target.webChannelId)),
    );
    startLanes('visitor', async (entry) => {
      const acknowledged = await send({ clientId: entry.key, content: text(entry.text) });
      open.add(acknowledged.conversationId);
      return acknowledged;
    });
  };
  const agent = () => {
    const send = createSender(target, 'agent', async () => ({ visitorToken: target.agentToken }));
    const addressees = new Map<string, string>();
    startLanes('agent', async (entry) => {
      const conversationId = addressees.get(entry.key) ?? anyOf(open);
      // Nobody has written yet: the same as an answer that does not come.
      if (conversationId === undefined) throw new AnswerLost('There is nobody to answer.');
      addressees.set(entry.key, conversationId);
      return send({ conversationId, clientId: entry.key, content: text(entry.text) });
    });
  };
  const caller = (contact: string) =>
    startLanes('webhook', async (entry) => {
      const { status, body } = await postHook(target, target.hook, [{ key: entry.key, contact, text: entry.text }]);
      const isForLater = comeAgain.has(status) || (size.isStaleForLater === true && body.code === 'signature-stale');
      if (isForLater) throw new AnswerLost('It asked to come again.');
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      return { at: Date.now() };
    });

  for (let i = 0; i < size.visitors; i++) visitor();
  for (let i = 0; i < size.hookContacts; i++) caller(`caller-${i}`);
  agent();
  return {
    answerIn: (conversationId) => void open.add(conversationId),
    finish: async () => {
      finishing = true;
      await Promise.all(lanes);
    },
    abandon: () => {
      finishing = true;
      abandoned = true;
    },
  };
}

function anyOf(ids: ReadonlySet<string>): string | undefined {
  return [...ids][Math.floor(Math.random() * ids.size)];
}

/** The first success is kept; until then every call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Sends messages over one socket that is opened again when it is gone. */
function createSender(
  target: Target,
  role: 'visitor' | 'agent',
  session: () => Promise<{ readonly visitorToken: string }>,
) {
  let opening: Promise<FrameSocket> | undefined;
  const open = async () => {
    const socket = await FrameSocket.open(target, { role, token: (await session()).visitorToken });
    const forget = () => {
      opening = undefined;
    };
    void socket.closed.then(forget);
    if (socket.hello === undefined) throw new AnswerLost('The server is not there.');
    if (role === 'agent') await socket.request('presence', { status: 'online' });
    return socket;
  };
  return async (message: ClientFrames['message.send']): Promise<Acknowledged & { conversationId: string }> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    const { message: stored, duplicate } = await (await opening).request('message.send', message);
    return { at: Date.now(), conversationId: stored.conversationId, seq: stored.seq, duplicate };
  };
}
