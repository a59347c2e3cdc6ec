import type { Content } from '@parley/sdk/protocol.ts';
import type { ChannelInstance, InboundEvent, InboundMessage } from '../gateway/channel-adapter.ts';
import { Gone, Rejected } from '../gateway/channel-adapter.ts';
import { type QueuedEntry, TryLater, Unprocessable } from '../gateway/message-queue.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { ConversationStore, EntryPlace } from './conversation-store.ts';
import type { Conversations } from './conversations.ts';
import type { EventBus } from './event-bus.ts';

/** How long one download of a platform's media may take. */
const downloadMs = 30_000;
/** After this many failed downloads the message is shown without its bytes: late is better than never. */
const maxDownloads = 5;

export interface InboundProcessor {
  /** Makes one queued entry a fact. Throws when it must be tried again. */
  process(entry: QueuedEntry): Promise<void>;
}

/** What a customer wrote, or the button that they pressed, before it becomes a message. */
export interface PossibleAnswer {
  readonly channelId: string;
  readonly contactExternalId: string;
  readonly threadId: string;
  readonly externalId: string;
  readonly said: { readonly content: Content } | { readonly pressed: string };
  readonly receivedAt: number;
  readonly queueEntryId?: string;
}

/** What the processor asks of the file store. */
export interface MediaKeeper {
  keep(file: { bytes: Uint8Array; name: string; mimeType: string; owner: string }): Promise<{
    url: string;
    fileName: string;
    mimeType: string;
    sizeBytes: number;
  }>;
}

/** Dedupe, contact, conversation and `seq` are the store's work; here an entry becomes what the store takes. */
export function createInboundProcessor(deps: {
  conversations: Conversations;
  store: ConversationStore;
  bus: EventBus;
  files: MediaKeeper;
  instance: (channelId: string) => ChannelInstance | undefined;
  /**
   * The queue's log in the store, where it has one: `done` takes entries out that changed nothing; those that became
   * facts leave with their transaction.
   */
  log?: { done: (id: string) => Promise<void> };
  /** Takes what answers a question of ours and is no message; answers false for everything else. */
  takeAnswer?: (word: PossibleAnswer) => Promise<boolean>;
}): InboundProcessor {
  const { conversations, store, bus } = deps;

  function isAnswer(
    queued: QueuedEntry,
    entry: InboundMessage | InboundEvent,
    said: PossibleAnswer['said'],
  ): Promise<boolean> {
    if (deps.takeAnswer === undefined) return Promise.resolve(false);
    return deps.takeAnswer({
      ...{ channelId: queued.channelId, contactExternalId: entry.contact.externalId, threadId: entry.threadId ?? '' },
      ...{ externalId: entry.externalId, said, receivedAt: queued.enqueuedAt },
      ...(deps.log === undefined ? {} : { queueEntryId: queued.id }),
    });
  }

  async function message(queued: QueuedEntry, entry: InboundMessage): Promise<void> {
    if (await isAnswer(queued, entry, { content: entry.content })) return;
    const content = await withBytes(queued, entry);
    await conversations.fromChannel({
      channelId: queued.channelId,
      externalId: entry.externalId,
      contact: entry.contact,
      threadId: entry.threadId ?? '',
      content,
      sentAt: entry.sentAt,
      ...(deps.log === undefined ? {} : { queueEntryId: queued.id }),
    });
  }

  /** Platforms keep media for days only, so the bytes are fetched before the message is stored. */
  async function withBytes(queued: QueuedEntry, entry: InboundMessage): Promise<Content> {
    const { content, mediaRef } = entry;
    const download = deps.instance(queued.channelId)?.download;
    if (mediaRef === undefined || download === undefined) return content;
    // A repeat is stored once: its bytes would belong to nothing, and stay when the contact is erased.
    if ((await store.findByExternalId(queued.channelId, entry.externalId)) !== undefined) return content;
    try {
      const file = await download.call(deps.instance(queued.channelId), mediaRef, AbortSignal.timeout(downloadMs));
      const kept = await deps.files.keep({
        bytes: file.bytes,
        name: file.fileName ?? ('fileName' in content ? content.fileName : undefined) ?? content.type,
        mimeType: file.mimeType,
        owner: `channel:${queued.channelId}`,
      });
      return { ...content, ...kept } as Content;
    } catch (error) {
      if (error instanceof Rejected || error instanceof Gone || queued.attempts + 1 >= maxDownloads) {
        return { ...content, unavailable: (error as Error).message } as Content;
      }
      throw error;
    }
  }

  async function event(queued: QueuedEntry, entry: InboundEvent): Promise<void> {
    await apply(queued, entry);
    await deps.log?.done(queued.id);
  }

  async function apply(queued: QueuedEntry, entry: InboundEvent): Promise<void> {
    const { event: what } = entry;
    switch (what.type) {
      case 'delivered':
      case 'read':
        await receipt(queued, entry, what);
        return;
      case 'failed': {
        const target = await meant(queued, entry, what);
        if (target !== undefined) {
          await conversations.changeMessage({
            ...target,
            state: 'failed',
            stateReason: what.reason,
            onlyFrom: ['queued', 'sent', 'unknown'],
          });
        }
        return;
      }
      case 'recalled':
      case 'edited': {
        const target = await meant(queued, entry, what);
        if (target === undefined) return;
        await mustBeSaid(target, what.type);
        const at = entry.sentAt ?? queued.enqueuedAt;
        const change =
          what.type === 'recalled' ? { recalledAt: at } : { edited: { content: JSON.stringify(what.content), at } };
        await conversations.changeMessage({ ...target, ...change });
        return;
      }
      case 'typing': {
        const conversationId = await currentOf(queued.channelId, entry);
        if (conversationId !== undefined) {
          bus.publish('typing', { conversationId, by: 'contact', on: what.on, origin: undefined });
        }
        return;
      }
      case 'contact-updated': {
        const { name, email, phone, attributes } = entry.contact;
        const contactId = await contactOf(queued, entry);
        await conversations.patchContact(contactId, {
          ...(name === undefined ? {} : { name }),
          ...(email === undefined ? {} : { email }),
          ...(phone === undefined ? {} : { phone }),
          ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
        });
        return;
      }
      case 'postback':
        if (await isAnswer(queued, entry, { pressed: what.payload })) return;
        await asText(queued, entry, what.title ?? what.payload);
        return;
      case 'followed':
        // The contact is there from now on, also before its first word.
        await contactOf(queued, entry);
        return;
      case 'unfollowed':
      case 'entered':
      case 'reaction':
      case 'ignored':
        return;
      default:
        what satisfies never;
    }
  }

  async function receipt(
    queued: QueuedEntry,
    entry: InboundEvent,
    what: { type: 'delivered' | 'read'; of: string; upTo?: boolean },
  ): Promise<void> {
    const target = await meant(queued, entry, what);
    if (target === undefined) return;
    if (what.type === 'read' && what.upTo === true) {
      await conversations.markRead(target.conversationId, 'contact', target.seq);
      return;
    }
    const onlyFrom =
      what.type === 'delivered'
        ? (['queued', 'sent', 'unknown'] as const)
        : (['queued', 'sent', 'delivered', 'unknown'] as const);
    await conversations.changeMessage({ ...target, state: what.type, onlyFrom });
  }

  /**
   * The message that an event is about; undefined: there is none. Whoever mixes up two customers must not change what the
   * other one said, or was sent.
   *
   * @throws Unprocessable where it lies in a conversation of another contact
   */
  async function meant(
    queued: QueuedEntry,
    entry: InboundEvent,
    { type, of }: { type: string; of: string },
  ): Promise<EntryPlace | undefined> {
    const target = await store.findByExternalId(queued.channelId, of);
    if (target === undefined) return undefined;
    const { conversationId } = target;
    const contactId = await store.findContact(queued.channelId, entry.contact.externalId);
    const head = (await conversations.heads([conversationId])).get(conversationId);
    if (head?.contactId === contactId) return target;
    throw new Unprocessable(`contact.externalId: message of another contact, so it was not marked as ${type}.`);
  }

  /** What we have sent is ours to change. @throws Unprocessable */
  async function mustBeSaid({ conversationId, seq }: EntryPlace, type: string): Promise<void> {
    const [message] = await store.messages(conversationId, { after: seq - 1, before: seq + 1, limit: 1 });
    if (message === undefined || message.direction === 'in') return;
    throw new Unprocessable(`externalId: message that was sent to the contact, so it was not ${type}.`);
  }

  async function contactOf(queued: QueuedEntry, entry: InboundEvent): Promise<string> {
    return store.ensureContact(queued.channelId, entry.contact, { verified: false, at: queued.enqueuedAt });
  }

  async function currentOf(channelId: string, entry: InboundEvent): Promise<string | undefined> {
    const contactId = await store.findContact(channelId, entry.contact.externalId);
    return contactId === undefined ? undefined : store.currentConversation(contactId, channelId, entry.threadId ?? '');
  }

  /** A pressed button is an answer: it stands in the timeline as what the customer chose. */
  async function asText(queued: QueuedEntry, entry: InboundEvent, text: string): Promise<void> {
    await conversations.fromChannel({
      channelId: queued.channelId,
      externalId: entry.externalId,
      contact: entry.contact,
      threadId: entry.threadId ?? '',
      content: { type: 'text', text },
      sentAt: entry.sentAt,
      ...(deps.log === undefined ? {} : { queueEntryId: queued.id }),
    });
  }

  return {
    process: async (queued) => {
      try {
        if (queued.entry.kind === 'message') await message(queued, queued.entry);
        else await event(queued, queued.entry);
      } catch (error) {
        if (error instanceof Refusal && error.code === 'unavailable')
          throw new TryLater(error.message, { cause: error });
        throw error;
      }
    },
  };
}
