import type { ConversationStore } from '../../conversation/conversation-store.ts';
import { newDialogue } from '../dialogue/dialogue-state.ts';
import type { DialogueStore } from '../dialogue/dialogue-store.ts';
import { isFromCustomer, saidIn } from '../dialogue/said.ts';
import type { LabelStore } from '../labels/label-store.ts';
import type { LeftOut, PastTurn } from './past-turn.ts';
import { labelledTruth } from './truth.ts';

/** What customers asked first where people had the conversation from the beginning: only agents can say what was right. */
export interface FirstQuestions {
  /** Conversations that are looked at. */
  readonly ids: readonly string[];
  read(leftOut: LeftOut): AsyncGenerator<PastTurn>;
}

interface Deps {
  readonly dialogues: Pick<DialogueStore, 'decisions'>;
  readonly labels: Pick<LabelStore, 'of'>;
  readonly messages: Pick<ConversationStore, 'messages' | 'list'>;
}

const pageSize = 100;
/** Entries from the beginning in which the first answer of a person is looked for. */
const entriesRead = 30;

/**
 * The newest conversations that began in a time and about which the bot never decided anything.
 *
 * @param options.rested lets others have their turn behind each look at the store
 */
export async function findFirstQuestions(
  { dialogues, labels, messages }: Deps,
  {
    range: { from, to },
    most,
    rested,
  }: { range: { from: number; to: number }; most: number; rested: <T>(work: Promise<T>) => Promise<T> },
): Promise<FirstQuestions> {
  const found: { id: string; channelId: string; at: number }[] = [];
  let cursor: string | undefined;
  let isOver = false;
  while (found.length < most && !isOver) {
    const page = await rested(messages.list({}, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }));
    for (const { id, channelId, createdAt, updatedAt, lastMessage } of page.items) {
      // The list goes by the last message: what was quiet since before then ends it.
      isOver ||= (lastMessage?.createdAt ?? updatedAt) < from;
      if (createdAt < from || createdAt >= to || found.length >= most) continue;
      if ((await rested(dialogues.decisions(id, { limit: 1 }))).length === 0)
        found.push({ id, channelId, at: createdAt });
    }
    cursor = page.nextCursor ?? undefined;
    isOver ||= cursor === undefined;
  }

  async function* read(leftOut: LeftOut): AsyncGenerator<PastTurn> {
    for (const { id, channelId, at } of found) {
      const entries = await rested(messages.messages(id, { limit: entriesRead, publicOnly: true }));
      const answered = entries.findIndex(({ direction, sender }) => direction === 'out' && sender.type !== 'system');
      const asked = entries.slice(0, answered < 0 ? entries.length : answered).filter(isFromCustomer);
      const [first, last] = [asked[0], asked.at(-1)];
      if (first === undefined || last === undefined) {
        leftOut.withoutWords += 1;
        continue;
      }
      const span = { fromSeq: first.seq, seq: last.seq };
      yield {
        ...{ conversationId: id, channelId, ...span, epoch: 0, at, said: saidIn(asked) },
        ...{ state: newDialogue, vip: false, begins: null, isFirstQuestion: true },
        truth: labelledTruth(await rested(labels.of([id])), span),
      };
    }
  }

  return { ids: found.map(({ id }) => id), read };
}
