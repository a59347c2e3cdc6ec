import type { AfterHandOff } from '@parley/sdk/bot-measures.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import { likeness, plain, shinglesOf } from '../../knowledge/suggestions/near.ts';

/** Of a time the newest so many are looked at: each costs a look at its messages. */
export const mostLookedAt = 1_000;
const atOnce = 8;
/** Entries before the hand-off in which the bot's answers are looked for, and how many are read with those after it. */
const before = 40;
const messagesRead = 120;
/** Of what the agent says, the first answers may repeat the bot's. */
const firstAnswers = 3;
/** From here on two answers say the same in nearly the same words. */
const sameAnswer = 0.6;
/** A shorter text than this many letters ("OK", "好的") repeats nothing; a Chinese sign says as much as two. */
const leastLetters = 12;

/** A conversation that the bot handed over, with the customer's entry about which it decided so. */
export interface HandOffPlace {
  readonly conversationId: string;
  readonly seq: number;
  readonly at: number;
}

/** Looks at what agents said after hand-offs. */
export async function afterHandOffs(
  places: readonly HandOffPlace[],
  messages: Pick<ConversationStore, 'messages'>,
): Promise<AfterHandOff> {
  const looked = places.slice(-mostLookedAt);
  const waits: number[] = [];
  let [hadAnswers, repeatedBot] = [0, 0];
  for (let from = 0; from < looked.length; from += atOnce) {
    const some = looked.slice(from, from + atOnce);
    const read = await Promise.all(
      some.map(({ conversationId, seq }) =>
        messages.messages(conversationId, {
          ...{ after: Math.max(0, seq - before), limit: messagesRead, publicOnly: true },
        }),
      ),
    );
    for (const [i, entries] of read.entries()) {
      const { seq, at } = some[i] as HandOffPlace;
      const byAgents = entries.filter((entry) => entry.seq > seq && entry.sender.type === 'agent');
      const [first] = byAgents;
      if (first === undefined) continue;
      waits.push(Math.max(0, first.createdAt - at));
      const byBot = entries.filter((entry) => entry.seq < seq && entry.sender.type === 'bot').flatMap(answerIn);
      if (byBot.length === 0) continue;
      hadAnswers += 1;
      if (repeats(byAgents.slice(0, firstAnswers).flatMap(answerIn), byBot)) repeatedBot += 1;
    }
  }
  return { looked: looked.length, answered: waits.length, toHumanMs: percentilesOf(waits), hadAnswers, repeatedBot };
}

/** The text of an answer; what is too short to be one, or asks by choices, is none. */
function answerIn({ content }: Message): string[] {
  return content.type === 'text' && lettersIn(plain(content.text)) >= leastLetters ? [content.text] : [];
}

const lettersIn = (text: string) => text.length + (text.match(/\p{Script=Han}/gu)?.length ?? 0);

function repeats(said: readonly string[], before: readonly string[]): boolean {
  const known = before.map(shinglesOf);
  return said.map(shinglesOf).some((one) => known.some((other) => isSame(one, other)));
}

/** Nearly the same words, or the one with something more around it ("Hello Ms Lin, …"). */
function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (likeness(a, b) >= sameAnswer) return true;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let common = 0;
  for (const shingle of small) if (large.has(shingle)) common += 1;
  return common >= small.size * 0.9;
}

/** By the nearest rank. */
function percentilesOf(values: readonly number[]): AfterHandOff['toHumanMs'] {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
