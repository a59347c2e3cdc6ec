import type { Conversation, Message, Page } from '@parley/sdk/protocol.ts';
import type { Tab } from './conversation-queries.ts';

export type Pages = readonly Page<Conversation>[];

/** Whether the conversation is one of the tab's. */
export function belongs(conversation: Conversation, tab: Tab, agentId: string): boolean {
  switch (tab) {
    case 'mine':
      return conversation.status === 'agent' && conversation.assigneeId === agentId;
    case 'snoozed':
      return conversation.status === 'snoozed' && conversation.assigneeId === agentId;
    case 'queue':
      return conversation.status === 'queued';
    case 'all':
      return conversation.status !== 'closed';
    case 'closed':
      return conversation.status === 'closed';
    default:
      return tab satisfies never;
  }
}

/** When something was last said: what lists are ordered by. */
export function activityAt(conversation: Conversation): number {
  return conversation.lastMessage?.createdAt ?? conversation.createdAt;
}

/**
 * The truth after hearing of `heard`: events may overtake each other, so an older one changes nothing, and one that does
 * not know the last message yet keeps what is known of it.
 */
export function newer(known: Conversation | undefined, heard: Conversation): Conversation {
  if (known === undefined) return heard;
  if (heard.updatedAt < known.updatedAt) return known;
  if (heard.lastSeq >= known.lastSeq) return heard;
  const { lastSeq, unread } = known;
  const { lastMessage: _, waitingSince: __, ...rest } = heard;
  return {
    ...rest,
    lastSeq,
    unread,
    ...(known.lastMessage && { lastMessage: known.lastMessage }),
    ...(known.waitingSince !== undefined && { waitingSince: known.waitingSince }),
  };
}

/**
 * Puts what is now known of a conversation into a list: in its place if it is there, in front if it is new and belongs,
 * away if it does not belong any more. `fits` undefined: nobody can tell (a search), so only its place is kept.
 */
export function placeConversation(pages: Pages, heard: Conversation, fits: boolean | undefined): Pages {
  const known = pages.flatMap((page) => page.items).find((item) => item.id === heard.id);
  if (known === undefined) return fits === true ? addInFront(pages, heard) : pages;
  if (fits === false) return mapItems(pages, heard.id, () => undefined);
  const next = newer(known, heard);
  return next === known ? pages : mapItems(pages, heard.id, () => next);
}

function addInFront(pages: Pages, conversation: Conversation): Pages {
  const [first, ...rest] = pages;
  if (first === undefined) return pages;
  return [{ ...first, items: [conversation, ...first.items] }, ...rest];
}

/** Changes the one conversation where a list has it; undefined takes it away. */
export function mapItems(
  pages: Pages,
  id: string,
  change: (conversation: Conversation) => Conversation | undefined,
): Pages {
  return pages.map((page) => {
    const index = page.items.findIndex((item) => item.id === id);
    const item = page.items[index];
    if (item === undefined) return page;
    const changed = change(item);
    if (changed === item) return page;
    return { ...page, items: page.items.toSpliced(index, 1, ...(changed === undefined ? [] : [changed])) };
  });
}

/** What a message changes in its conversation's row, before the server tells the whole row. */
export function withMessage(conversation: Conversation, message: Message): Conversation {
  if (message.seq <= conversation.lastSeq) return conversation;
  const { direction, sender, createdAt, seq, content } = message;
  const next: Conversation = { ...conversation, lastSeq: seq };
  if (content.type === 'system' || message.private) return next;
  next.lastMessage = { seq, direction, senderType: sender.type, preview: previewOf(message), createdAt };
  if (direction === 'in') {
    next.unread = conversation.unread + 1;
    next.waitingSince = conversation.waitingSince ?? createdAt;
  } else delete next.waitingSince;
  return next;
}

/** The agents' side has read up to `seq`. */
export function withRead(conversation: Conversation, seq: number): Conversation {
  if (seq <= conversation.agentReadSeq) return conversation;
  return { ...conversation, agentReadSeq: seq, unread: seq >= conversation.lastSeq ? 0 : conversation.unread };
}

/** One line of the message; empty where only the kind can be told (the row says it in words). */
export function previewOf({ content }: Pick<Message, 'content'>): string {
  switch (content.type) {
    case 'text':
    case 'choices':
    case 'system':
      return oneLine(content.text);
    case 'image':
    case 'video':
      return oneLine(content.caption ?? content.fileName ?? '');
    case 'audio':
      return oneLine(content.transcript ?? '');
    case 'file':
      return content.fileName ?? '';
    case 'location':
      return content.name ?? content.address ?? '';
    case 'sticker':
      return content.emoji ?? '';
    case 'link':
    case 'card':
    case 'form':
      return oneLine(content.title);
    case 'rating':
      return content.score === undefined ? (content.question ?? '') : `${content.score}/${content.scale}`;
    case 'call':
      return content.outcome;
    default:
      return content satisfies never;
  }
}

const previewChars = 120;

function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * previewChars)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= previewChars ? line : `${line.slice(0, previewChars - 1)}…`;
}
