import { DatabaseSync } from 'node:sqlite';
import { type ParleyApi, parleyApi, signIn } from '../parley-api.ts';
import type { Check } from '../report.ts';
import type { ChatRig } from './chat-rig.ts';

/** Conversations whose messages are read one by one through the API; the store is counted whole. */
const readWhole = 5;

type Listed = { id: string; lastSeq: number };

/** After all load: nothing lost, nothing twice, numbers without a gap, at the agents' sockets, in the API and on disk. */
export async function checkMessages(rig: ChatRig): Promise<Check[]> {
  const { latest, ...tally } = await rig.parley.call('tally');
  const { server } = rig;
  const api = parleyApi(server.port, await signIn(server.port, server.account));
  const conversations = await listConversations(api);
  const behind = conversations.filter(({ id, lastSeq }) => latest.get(id) !== lastSeq);
  const broken = await readTimelines(api, conversations.slice(0, readWhole));
  const stored = countStored(server.databasePath);
  return [
    {
      claim: 'every message was answered, and none was refused',
      holds: tally.answered === tally.sent && tally.refused === 0,
      detail: `${tally.sent} sent, ${tally.answered} answered, ${tally.refused} refused`,
    },
    {
      claim: "the agents' sockets had every message once, numbered without a gap",
      holds: tally.missing === 0 && tally.twice === 0 && tally.jumps === 0,
      detail: `${tally.missing} missing, ${tally.twice} twice, ${tally.jumps} gaps`,
    },
    {
      claim: 'the API names the same last number for every conversation as its agent has seen',
      holds: behind.length === 0 && conversations.length === latest.size,
      detail: `${conversations.length} conversations, ${behind.length} differ`,
    },
    {
      claim: `${readWhole} conversations read through the API are 1, 2, 3 … without a repeat`,
      holds: broken === 0,
      detail: `${broken} differ`,
    },
    {
      claim: 'the store has every message once, and every conversation from 1 to its last without a gap',
      holds: stored.messages === tally.sent && stored.distinct === tally.sent && stored.withGaps === 0,
      detail: `${stored.messages} stored, ${stored.distinct} distinct, ${stored.withGaps} conversations with gaps`,
    },
  ];
}

async function listConversations(api: ParleyApi): Promise<Listed[]> {
  const all: Listed[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: Listed[]; nextCursor: string | null } = await api.get(
      `/api/v1/conversations?limit=200${from}`,
    );
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

/** @returns how many of the conversations are not whole */
async function readTimelines(api: ParleyApi, conversations: readonly Listed[]): Promise<number> {
  let broken = 0;
  for (const { id, lastSeq } of conversations) {
    const clientIds = new Set<string>();
    let written = 0;
    let after = 0;
    while (after < lastSeq) {
      const page = await api.get<{ items: { seq: number; clientId?: string }[] }>(
        `/api/v1/conversations/${id}/messages?after=${after}&limit=500`,
      );
      const isNext = page.items.every((message, index) => message.seq === after + index + 1);
      if (page.items.length === 0 || !isNext) break;
      for (const { clientId } of page.items) {
        if (clientId === undefined) continue;
        written += 1;
        clientIds.add(clientId);
      }
      after += page.items.length;
    }
    if (after !== lastSeq || clientIds.size !== written) broken += 1;
  }
  return broken;
}

/** Looks into the file beside the server, as any other program may. */
function countStored(databasePath: string): { messages: number; distinct: number; withGaps: number } {
  using db = new DatabaseSync(databasePath, { readOnly: true });
  const { messages, distinct_ids: distinct } = db
    .prepare(
      'select count(*) as messages, count(distinct client_id) as distinct_ids from messages where client_id is not null',
    )
    .get() as { messages: number; distinct_ids: number };
  const { with_gaps: withGaps } = db
    .prepare(
      `select count(*) as with_gaps from (
         select 1 from messages group by conversation_id having min(seq) <> 1 or max(seq) <> count(*))`,
    )
    .get() as { with_gaps: number };
  return { messages, distinct, withGaps };
}
