import type { PendingMessage } from '@parley/sdk/client-api.ts';
import type { Content, Message, Sender, SystemContent } from '@parley/sdk/protocol.ts';

/**
 * Where a message of the visitor's own is on its way, as the visitor sees it. sent: the server has it for good;
 * delivered: it lies with an agent, and no longer in a queue; read: an agent has seen it.
 */
export type Mark = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/** How far the visitor's messages have come. */
export type Reached = {
  /** An agent has the conversation. */
  agent: boolean;
  /** Up to where agents have read. */
  readSeq: number;
};

export type MessageItem = {
  kind: 'message';
  /** The same before and after the server has stored it, so that nothing on the screen is made anew. */
  key: string;
  mine: boolean;
  sender: Sender;
  /** Undefined for a message that was withdrawn. */
  content: Content | undefined;
  at: number;
  /** First and last of what one person said in one go. */
  first: boolean;
  last: boolean;
  mark?: Mark;
  /** Set while it is not on the server: what `retry` and `discard` take. */
  clientId?: string;
  /** Nobody of us has said anything after it: its choices, form or rating may still be answered. */
  open: boolean;
};
export type TimelineItem =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'system'; key: string; content: SystemContent }
  | MessageItem;

const oneGoMs = 5 * 60_000;
const visitor: Sender = { type: 'contact' };

/** What the log shows, in order: stored messages, then unsent ones, with a divider where a new day begins. */
export function timelineItems(
  messages: readonly Message[],
  pending: readonly PendingMessage[],
  reached: Reached,
): TimelineItem[] {
  const said = [...messages.filter((message) => !message.private).map(storedItem), ...pending.map(pendingItem)];
  const lastMine = said.findLastIndex((item) => item.kind === 'message' && item.mine);
  const items: TimelineItem[] = [];
  for (const [index, item] of said.entries()) {
    const before = said[index - 1];
    if (before === undefined || dayOf(before.at) !== dayOf(item.at)) {
      items.push({ kind: 'day', key: `day-${dayOf(item.at)}`, at: item.at });
    }
    if (item.kind === 'system') items.push({ kind: 'system', key: item.key, content: item.content });
    else {
      const first = !continues(before, item);
      const last = !continues(item, said[index + 1]);
      const mark = index === lastMine || item.mark === 'failed' ? markOf(item, reached) : undefined;
      const { seq: _, mark: __, ...shown } = item;
      items.push({ ...shown, first, last, open: index > lastMine, ...(mark && { mark }) });
    }
  }
  return items;
}

type Said =
  | { kind: 'system'; key: string; at: number; content: SystemContent }
  | (Omit<MessageItem, 'first' | 'last' | 'open'> & { seq: number });

function storedItem(message: Message): Said {
  const { content, sender, createdAt: at, seq } = message;
  const key = message.clientId ?? message.id;
  if (content.type === 'system') return { kind: 'system', key, at, content };
  const shown = message.recalledAt === undefined ? (message.deliveredAs ?? content) : undefined;
  return { kind: 'message', key, mine: message.direction === 'in', sender, content: shown, at, seq };
}

function pendingItem({ clientId, content, createdAt, state }: PendingMessage): Said {
  const mark = state === 'failed' ? 'failed' : 'sending';
  const at = createdAt;
  return { kind: 'message', key: clientId, clientId, mine: true, sender: visitor, content, at, mark, seq: Infinity };
}

function markOf(item: Extract<Said, { kind: 'message' }>, { agent, readSeq }: Reached): Mark {
  if (item.mark !== undefined) return item.mark;
  if (item.seq <= readSeq) return 'read';
  return agent ? 'delivered' : 'sent';
}

function continues(before: Said | undefined, item: Said | undefined): boolean {
  if (before?.kind !== 'message' || item?.kind !== 'message') return false;
  const same =
    before.mine === item.mine && before.sender.id === item.sender.id && before.sender.type === item.sender.type;
  return (
    (before.mine && item.mine ? true : same) && item.at - before.at < oneGoMs && dayOf(before.at) === dayOf(item.at)
  );
}

function dayOf(at: number): string {
  return new Date(at).toDateString();
}
