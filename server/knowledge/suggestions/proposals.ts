import type { ReplyProposal } from '@parley/sdk/protocol.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { CannedReplyText } from '../knowledge-item.ts';
import type { Viewer } from '../viewer.ts';
import { likeness, shinglesOf } from './near.ts';
import type { PastAnswers } from './past-answers.ts';
import type { StoredPair, SuggestionStore } from './suggestion-store.ts';

/** An answer that was given in so many conversations, is worth keeping. */
const leastConversations = 3;
/** So many are looked at for a list. */
const mostProposals = 100;
const examplesShown = 3;
/** A canned reply that is so like it says it already. */
const alreadySaid = 0.6;

/** A supervisor. */
type Approver = Pick<Viewer, 'id' | 'name' | 'email'>;

/** Where approved answers go: the canned replies of the knowledge base. */
export interface CannedReplies {
  /** The texts of all that agents may insert. */
  texts(): Promise<readonly string[]>;
  /** @returns the id of the new one */
  create(reply: { title: string; text: string; language?: string }, by: Approver): Promise<string>;
}

export interface Proposals {
  /** Answers that recur and that nobody has decided about, the most frequent first. */
  list(): Promise<ReplyProposal[]>;
  /** @throws Refusal `not-found`; `conflict` where canned replies are not set up */
  approve(key: string, reply: { title: string; text: string }, by: Approver): Promise<{ cannedReplyId: string }>;
  /** It is not proposed again. */
  dismiss(key: string, byId: string): Promise<void>;
}

/** Answers that agents give again and again, proposed as canned replies: a person decides. */
export function createProposals(deps: {
  past: Pick<PastAnswers, 'recurring'>;
  store: Pick<SuggestionStore, 'decisions' | 'decide'>;
  canned?: CannedReplies | undefined;
  now: () => number;
}): Proposals {
  const { past, store } = deps;

  async function list(): Promise<ReplyProposal[]> {
    const recurring = past
      .recurring(leastConversations)
      .filter(({ pairs }) => conversationsOf(pairs) >= leastConversations)
      .slice(0, 3 * mostProposals);
    const decided = new Set((await store.decisions(recurring.map(({ key }) => key))).map(({ key }) => key));
    const said = ((await deps.canned?.texts()) ?? []).map(shinglesOf);
    return recurring
      .filter(({ key, pairs }) => {
        const own = shinglesOf(answerOf(pairs));
        return !decided.has(key) && !said.some((text) => likeness(text, own) >= alreadySaid);
      })
      .slice(0, mostProposals)
      .map(({ key, pairs }) => proposalOf(key, pairs));
  }

  return {
    list,
    approve: async (key, reply, by) => {
      if (deps.canned === undefined) {
        throw new Refusal('conflict', 'There are no canned replies here to which it could be added.');
      }
      const found = past.recurring(1).find((one) => one.key === key);
      if (found === undefined)
        throw new Refusal('not-found', 'There is no such proposal, or what it came from was removed.');
      const language = found.pairs.at(-1)?.language;
      const cannedReplyId = await deps.canned.create({ ...reply, ...(language == null ? {} : { language }) }, by);
      await store.decide({ key, state: 'approved', byId: by.id, at: deps.now() });
      return { cannedReplyId };
    },
    dismiss: (key, byId) => store.decide({ key, state: 'dismissed', byId, at: deps.now() }),
  };
}

const conversationsOf = (pairs: readonly StoredPair[]) =>
  new Set(pairs.map(({ conversationId }) => conversationId)).size;

/** The one that was given most often, word for word; of several the latest. */
function answerOf(pairs: readonly StoredPair[]): string {
  const counts = new Map<string, number>();
  for (const { answer } of pairs) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return pairs.findLast(({ answer }) => counts.get(answer) === most)?.answer ?? '';
}

function proposalOf(key: string, pairs: readonly StoredPair[]): ReplyProposal {
  const last = pairs.at(-1);
  const questions = [...new Set(pairs.map(({ question }) => question).toReversed())];
  return {
    id: key,
    text: answerOf(pairs),
    title: (questions[0] ?? '').split('\n')[0]?.slice(0, 80) ?? '',
    ...(last?.language == null ? {} : { language: last.language }),
    times: pairs.length,
    agents: new Set(pairs.map(({ agentId }) => agentId)).size,
    lastAt: last?.at ?? 0,
    examples: questions.slice(0, examplesShown),
  };
}

/** The knowledge base's canned replies as what proposals are compared with and become: for everybody. */
export function cannedRepliesOf(deps: {
  base: {
    catchUp(): Promise<void>;
    replies(): Iterable<{ readonly body: string; readonly variants: readonly { readonly body: string }[] }>;
  };
  replies: { create(viewer: Viewer, text: CannedReplyText): Promise<{ readonly id: string }> };
}): CannedReplies {
  const { base, replies } = deps;
  return {
    texts: async () => {
      await base.catchUp();
      return [...base.replies()].flatMap(({ body, variants }) => [body, ...variants.map((variant) => variant.body)]);
    },
    create: async ({ title, text, language }, by) => {
      const fresh = {
        shortCode: null,
        variants: [],
        attachments: [],
        groupIds: [],
        channelTypes: null,
        externalKey: null,
      };
      const always = { validFrom: null, validUntil: null, visibility: 'all' as const };
      const viewer = { ...by, isSupervisor: true, groupIds: new Set<string>() };
      return (await replies.create(viewer, { ...fresh, ...always, title, body: text, language: language ?? null })).id;
    },
  };
}
