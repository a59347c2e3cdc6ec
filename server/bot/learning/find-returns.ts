import type { Message } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import { lastWords } from '../../knowledge/suggestions/answer-pairs.ts';
import { likeness, shinglesOf } from '../../knowledge/suggestions/near.ts';
import { answeringBands, type HandOffReason } from '../dialogue/decision.ts';
import type { BotDecisionRow, DialogueStore } from '../dialogue/dialogue-store.ts';
import type { Suspect } from './find-gaps.ts';
import type { PassedDecision } from './gap-store.ts';

const dayMs = 24 * 60 * 60_000;
/** Who comes back within this time was not helped. */
export const comesBackMs = 3 * dayMs;
/** Entries that are looked at behind a decision, and of another conversation's beginning. */
const entriesRead = 200;
const firstRead = 10;
const span = 30;
const decisionsRead = 300;
/** From here on what was asked twice is about the same. */
const sameMatter = 0.4;
/** The bot's last words, and the entry that closed the conversation: so much follows where nothing more came. */
const plainEnd = 3;

/** Hand-offs of questions that the bot might have answered: not those that policy wants, and none out of a flow. */
const ofQuestions: ReadonlySet<string> = new Set<HandOffReason>([
  'asked',
  'not-understood',
  'not-sure',
  'not-helped',
  'intent',
  'repeats',
]);
const closing = new Set(['conversation.resolved', 'conversation.bot-done', 'conversation.left']);

const isAnswer = ({ act, band }: BotDecisionRow) => act === 'answer' && answeringBands.has(band);
const isHandOff = ({ act, reason }: BotDecisionRow) => act === 'hand-off' && reason !== null && ofQuestions.has(reason);

interface Deps {
  readonly conversations: Pick<ConversationStore, 'messages' | 'messagesUpTo' | 'heads'>;
  readonly dialogues: Pick<DialogueStore, 'outcomes' | 'decisions'>;
}

/** The question that a decision was about: who asked for a person had asked something else before. */
function suspect(row: BotDecisionRow): Suspect {
  const isBefore = row.reason === 'asked' || row.reason === 'not-helped';
  return { row, why: 'came-back', asked: isBefore ? 'before' : 'now' };
}

/**
 * Answers and hand-offs in conversations that were closed and that the customer opened anew, as the bot finds it by having them again.
 *
 * @param page decisions as they were made
 */
export async function reopenedIn(page: readonly PassedDecision[], deps: Deps): Promise<Suspect[]> {
  const found: Suspect[] = [];
  const begun = new Set<string>();
  for (const row of page) {
    const { conversationId, seq, epoch } = row;
    const key = `${conversationId} ${epoch}`;
    if (begun.has(key) || seq === 1) continue;
    begun.add(key);
    const [former] = await deps.dialogues.decisions(conversationId, { before: seq, limit: 1 });
    if (former === undefined || former.epoch === epoch || !(isAnswer(former) || isHandOff(former))) continue;
    if (await isReopenedAfter(former, deps, seq + 1)) found.push(suspect(former));
  }
  return found;
}

/**
 * The bot's last decisions in their conversations after which the customer came back: anew, where the bot alone had answered; about
 * the same, where it had handed over; or in the same conversation, which people had then.
 *
 * @param page decisions that are as old as one may come back
 */
export async function cameBackAfter(page: readonly PassedDecision[], deps: Deps): Promise<Suspect[]> {
  const rows = page.filter((row) => isAnswer(row) || isHandOff(row));
  const ids = rows.map(({ conversationId }) => conversationId);
  const outcomeOf = new Map((await deps.dialogues.outcomes(ids)).map((outcome) => [outcome.id, outcome]));
  const lastSeqOf = new Map((await deps.conversations.heads(ids)).map(({ id, lastSeq }) => [id, lastSeq]));
  const found: Suspect[] = [];
  for (const row of rows) {
    const outcome = outcomeOf.get(row.conversationId);
    if (outcome === undefined || (isAnswer(row) && outcome.hadAgent)) continue;
    const { nextContactAt: at, nextId } = outcome;
    const isSoon = at !== null && nextId !== null && at - row.at < comesBackMs;
    const isBack = isSoon && (isAnswer(row) || (await isAboutTheSame(row, nextId, deps)));
    const goesOn = (lastSeqOf.get(row.conversationId) ?? 0) > row.seq + plainEnd;
    if (isBack || (goesOn && (await isReopenedAfter(row, deps)))) found.push(suspect(row));
  }
  return found;
}

/** Whether it was closed after a decision, and the customer wrote in it again in time. */
async function isReopenedAfter(row: BotDecisionRow, { conversations }: Deps, before?: number): Promise<boolean> {
  const range = { after: row.seq, limit: entriesRead, ...(before === undefined ? {} : { before }) };
  const entries = await conversations.messages(row.conversationId, range);
  const closed = entries.findIndex(({ content }) => content.type === 'system' && closing.has(content.event));
  if (closed < 0) return false;
  // An agent who took over was the one who solved it.
  if (isAnswer(row) && entries.slice(0, closed).some(({ sender }) => sender.type === 'agent')) return false;
  const again = entries.slice(closed + 1).find(({ sender }) => sender.type === 'contact');
  return again !== undefined && again.createdAt - (entries[closed] as Message).createdAt < comesBackMs;
}

/** By the intent, where both have one, else by the words. */
async function isAboutTheSame(row: BotDecisionRow, nextId: string, deps: Deps): Promise<boolean> {
  const first = (await deps.dialogues.decisions(nextId, { limit: decisionsRead })).at(-1);
  if (row.intent !== null && first?.intent != null) return row.intent === first.intent;
  const [before] = await deps.conversations.messagesUpTo([row], span);
  const after = await deps.conversations.messages(nextId, { limit: firstRead, publicOnly: true });
  const said = saidBefore(before ?? []);
  const now = lastWords(after.filter(({ sender }) => sender.type === 'contact').slice(0, 1), ['agent', 'bot']);
  return said !== '' && now !== '' && likeness(shinglesOf(said), shinglesOf(now)) >= sameMatter;
}

/** What the customer said last, but for asking for a person: that stands alone after the bot's words. */
function saidBefore(messages: readonly Message[]): string {
  const texts = messages.filter(({ sender }) => sender.type === 'contact').slice(-2);
  return texts.map((message) => lastWords([message], ['agent', 'bot'])).join('\n');
}
