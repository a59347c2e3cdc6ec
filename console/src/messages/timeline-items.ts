import type { Message } from '@parley/sdk/protocol.ts';
import { daysBetween } from '../words/time.ts';

export type TimelineItem =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'new'; key: string }
  | { kind: 'message'; key: string; message: Message; startsGroup: boolean };

/** Messages of one sender within this time stand under one name. */
const groupMs = 4 * 60_000;

/**
 * A timeline as it is shown: a divider for each day, one before the first customer's message that was not read yet, and
 * messages of one sender in a row gathered.
 *
 * @param readSeq how far agents had read when the conversation was opened; undefined: no divider
 */
export function timelineItems(messages: readonly Message[], readSeq: number | undefined): TimelineItem[] {
  const items: TimelineItem[] = [];
  let before: Message | undefined;
  let divided = readSeq === undefined;
  for (const message of messages) {
    const newDay = before === undefined || daysBetween(before.createdAt, message.createdAt) !== 0;
    if (newDay) items.push({ kind: 'day', key: `day-${message.seq}`, at: message.createdAt });
    const isNew = !divided && readSeq !== undefined && message.seq > readSeq && message.direction === 'in';
    if (isNew) {
      items.push({ kind: 'new', key: 'new' });
      divided = true;
    }
    const startsGroup = newDay || isNew || !continues(before, message);
    items.push({ kind: 'message', key: `message-${message.seq}`, message, startsGroup });
    before = message;
  }
  return items;
}

function continues(before: Message | undefined, message: Message): boolean {
  if (before === undefined || before.content.type === 'system') return false;
  const { type, id } = message.sender;
  const isAlike = before.private === message.private && before.whisper === message.whisper;
  const sameSender = before.sender.type === type && before.sender.id === id && isAlike;
  return sameSender && before.direction === message.direction && message.createdAt - before.createdAt < groupMs;
}
