import type { Contact, Conversation, Media, Message, Page } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { checkReply, limits } from './check-item.ts';
import type { KnowledgeBase } from './knowledge-base.ts';
import { type CannedReply, type CannedReplyText, isValidAt } from './knowledge-item.ts';
import type { KnowledgeStore } from './knowledge-store.ts';
import { languageFit } from './languages.ts';
import { pageOf } from './paging.ts';
import { foldForSearch, matchOf } from './reply-match.ts';
import { checkTemplate, renderTemplate, type TemplateProblem, type VariableValues } from './variables.ts';
import type { Viewer } from './viewer.ts';

/** What the variables of a conversation are filled from. */
export interface ReplySituation {
  readonly conversation: Conversation;
  readonly contact: Contact | undefined;
  readonly channelName: string;
  /** Newest last. */
  readonly messages: readonly Message[];
}

export interface RenderedReply {
  readonly id: string;
  readonly text: string;
  readonly missing: readonly string[];
  readonly attachments: readonly Media[];
}

export interface ListedReply extends CannedReply {
  /** How it reads in the conversation that was named: in its language, for its channel, with what is known filled in. */
  readonly reads?: string;
}

export interface ReplyQuery {
  /** `mine`: own ones; `usable`: what may be used now, in that conversation where one is named; `all`: whatever one may see. */
  readonly scope: 'mine' | 'usable' | 'all';
  readonly q?: string | undefined;
  readonly conversationId?: string | undefined;
  /** Those alone that nobody used since. */
  readonly unusedSince?: number | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Canned replies (快捷回复): stored texts that agents insert. Agents keep private ones; supervisors keep all. */
export interface CannedReplies {
  /** Without a question by title, else the best match first. @throws Refusal */
  list(viewer: Viewer, query: ReplyQuery): Promise<Page<ListedReply>>;
  /** @throws Refusal `not-found`, also for what is not theirs to see */
  get(viewer: Viewer, id: string): Promise<CannedReply>;
  /** @throws Refusal `content-invalid`, `forbidden`, `conflict` */
  create(viewer: Viewer, text: CannedReplyText): Promise<CannedReply>;
  /** @param rev refuse when it is another one by now */
  change(viewer: Viewer, id: string, patch: Partial<CannedReplyText>, rev?: number): Promise<CannedReply>;
  remove(viewer: Viewer, id: string): Promise<void>;
  /** As it reads in a conversation. @param use counts that it is put into a reply */
  render(viewer: Viewer, id: string, conversationId: string, use: boolean): Promise<RenderedReply>;
  /** How a text that is being written would read, and what is wrong with it. */
  preview(
    viewer: Viewer,
    body: string,
    conversationId: string | undefined,
  ): Promise<{ text: string; missing: readonly string[]; problems: readonly TemplateProblem[] }>;
}

/** What a new one is that says nothing else. */
export const emptyReply: Omit<CannedReplyText, 'title' | 'body'> = {
  shortCode: null,
  language: null,
  variants: [],
  attachments: [],
  visibility: 'private',
  groupIds: [],
  channelTypes: null,
  externalKey: null,
  validFrom: null,
  validUntil: null,
};

export function createCannedReplies(deps: {
  readonly base: KnowledgeBase;
  readonly store: KnowledgeStore;
  readonly clock: Clock;
  readonly newId: () => string;
  /** undefined: there is no such conversation. */
  readonly situation: (conversationId: string) => Promise<ReplySituation | undefined>;
}): CannedReplies {
  const { base, store, clock } = deps;

  async function get(viewer: Viewer, id: string): Promise<CannedReply> {
    await base.catchUp();
    const reply = base.reply(id);
    if (reply === undefined || !maySee(viewer, reply)) throw new Refusal('not-found', 'There is no such canned reply.');
    return reply;
  }

  async function situationOf(conversationId: string): Promise<ReplySituation> {
    const situation = await deps.situation(conversationId);
    if (situation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    return situation;
  }

  async function save(viewer: Viewer, reply: CannedReply, expectRev: number): Promise<CannedReply> {
    mustKeep(viewer, reply);
    await base.write([{ kind: 'save-reply', reply, expectRev }]);
    return reply;
  }

  return {
    get,
    list: async (viewer, query) => {
      await base.catchUp();
      const now = clock.now();
      const situation = query.conversationId === undefined ? undefined : await situationOf(query.conversationId);
      const channelType = situation?.conversation.channelType;
      const q = foldForSearch(query.q ?? '');
      const found: { reply: CannedReply; rank: number }[] = [];
      for (const reply of base.replies()) {
        if (!isInScope(reply, viewer, query, { now, channelType })) continue;
        const rank = q === '' ? 0 : matchOf(reply, q);
        if (rank !== undefined) found.push({ reply, rank });
      }
      const page = pageOf(found, ({ reply, rank }) => [rank, foldForSearch(reply.title).slice(0, 40), reply.id], query);
      const items = await withUses(page.items.map(({ reply }) => reply));
      if (situation === undefined) return { items, nextCursor: page.nextCursor };
      const values = valuesOf(viewer, situation, now);
      const reads = (reply: CannedReply) => renderTemplate(bodyFor(reply, situation.conversation), values).text;
      return { items: items.map((reply) => ({ ...reply, reads: reads(reply) })), nextCursor: page.nextCursor };
    },
    create: async (viewer, given) => {
      const text = checkReply(given);
      await base.catchUp();
      if ([...base.replies()].length >= limits.replies)
        throw new Refusal('conflict', `There are ${limits.replies} canned replies: delete some that nobody uses.`);
      const now = clock.now();
      const fresh = { uses: 0, usedAt: null, createdAt: now, updatedAt: now };
      return save(viewer, { ...text, id: deps.newId(), ownerId: viewer.id, rev: 1, ...fresh }, 0);
    },
    change: async (viewer, id, patch, rev) => {
      const before = await get(viewer, id);
      mustKeep(viewer, before);
      if (rev !== undefined && rev !== before.rev) throw overtaken();
      const { id: _, ownerId: __, rev: ___, uses: ____, usedAt: _____, createdAt, updatedAt: ______, ...text } = before;
      const next = checkReply({ ...text, ...patch });
      const { ownerId, uses, usedAt } = before;
      const updatedAt = clock.now();
      return save(
        viewer,
        { ...next, id, ownerId, rev: before.rev + 1, uses, usedAt, createdAt, updatedAt },
        before.rev,
      );
    },
    remove: async (viewer, id) => {
      mustKeep(viewer, await get(viewer, id));
      await base.write([{ kind: 'remove', what: 'canned-reply', id }]);
    },
    render: async (viewer, id, conversationId, use) => {
      const reply = await get(viewer, id);
      const situation = await situationOf(conversationId);
      const body = bodyFor(reply, situation.conversation);
      const { text, missing } = renderTemplate(body, valuesOf(viewer, situation, clock.now()));
      if (use) await base.used(id);
      return { id, text, missing, attachments: reply.attachments };
    },
    preview: async (viewer, body, conversationId) => {
      const problems = checkTemplate(body);
      const values =
        conversationId === undefined
          ? { ...exampleValues, 'agent.name': viewer.name, 'agent.email': viewer.email }
          : valuesOf(viewer, await situationOf(conversationId), clock.now());
      return { ...renderTemplate(body, values), problems };
    },
  };

  /** Other processes count as well. */
  async function withUses(replies: readonly CannedReply[]): Promise<CannedReply[]> {
    const uses = new Map((await store.usesOf(replies.map(({ id }) => id))).map((row) => [row.id, row]));
    return replies.map((reply) => {
      const { uses: count = reply.uses, usedAt = reply.usedAt } = uses.get(reply.id) ?? {};
      return { ...reply, uses: count, usedAt };
    });
  }
}

/** Whether an agent may put it into a reply at all: their own, their groups', everybody's. */
export function mayUse(viewer: Pick<Viewer, 'id' | 'groupIds'>, reply: CannedReply): boolean {
  if (reply.visibility === 'all') return true;
  if (reply.visibility === 'private') return reply.ownerId === viewer.id;
  return reply.groupIds.some((id) => viewer.groupIds.has(id));
}

/** The wording for a conversation: its language counts more than its channel; the main text where no variant fits. */
export function bodyFor(
  reply: Pick<CannedReply, 'body' | 'language' | 'variants'>,
  conversation: { readonly language?: string; readonly channelType: string },
): string {
  const { language, channelType } = conversation;
  let best = { body: reply.body, fit: languageFit(reply.language, language) * 2 };
  for (const variant of reply.variants) {
    if (variant.channelType !== null && variant.channelType !== channelType) continue;
    const fit = languageFit(variant.language, language);
    if (variant.language !== null && fit === 0) continue;
    // A variant for the channel alone is in the main text's language.
    const spoken = variant.language === null ? languageFit(reply.language, language) : fit;
    const score = spoken * 2 + (variant.channelType === null ? 0 : 1);
    if (score > best.fit) best = { body: variant.body, fit: score };
  }
  return best.body;
}

function maySee(viewer: Viewer, reply: CannedReply): boolean {
  return viewer.isSupervisor || reply.ownerId === viewer.id || mayUse(viewer, reply);
}

/** Agents keep what is theirs alone; what others use is for supervisors to change. @throws Refusal `forbidden` */
function mustKeep(viewer: Viewer, reply: CannedReply): void {
  if (viewer.isSupervisor) return;
  if (reply.visibility !== 'private' || reply.ownerId !== viewer.id)
    throw new Refusal(
      'forbidden',
      'visibility: agents keep private canned replies; ask a supervisor for shared ones.',
      {
        field: 'visibility',
      },
    );
}

function isInScope(
  reply: CannedReply,
  viewer: Viewer,
  { scope, unusedSince }: ReplyQuery,
  { now, channelType }: { now: number; channelType: string | undefined },
): boolean {
  if (unusedSince !== undefined && (reply.usedAt ?? reply.createdAt) >= unusedSince) return false;
  if (scope === 'mine') return reply.ownerId === viewer.id;
  if (scope === 'all') return maySee(viewer, reply);
  const isForChannel = channelType === undefined || (reply.channelTypes?.includes(channelType) ?? true);
  return mayUse(viewer, reply) && isValidAt(reply, now) && isForChannel;
}

function overtaken(): Refusal {
  return new Refusal('conflict', 'rev: somebody changed it meanwhile: load it again, then save.', { field: 'rev' });
}

/** What a preview shows where no conversation is named. */
const exampleValues: VariableValues = {
  'contact.name': 'Ann Lee',
  'contact.email': 'ann@example.com',
  'contact.phone': '+1 555 0100',
  'conversation.id': '1024',
  'conversation.subject': 'A question',
  'channel.name': 'Web chat',
  'order.id': '20260042',
  'order.title': 'Order 20260042',
  'order.description': '2 items',
  'order.price': '49.90',
  'order.url': 'https://shop.example/orders/20260042',
  'date.today': '2026-01-31',
};

/** What variables stand for in a conversation. */
export function valuesOf(
  viewer: Pick<Viewer, 'name' | 'email'>,
  situation: ReplySituation,
  now: number,
): VariableValues {
  const { conversation, contact, channelName, messages } = situation;
  const values: Record<string, string | undefined> = {
    'contact.name': contact?.name ?? conversation.contact.name,
    'contact.email': contact?.email,
    'contact.phone': contact?.phone,
    'agent.name': viewer.name,
    'agent.email': viewer.email,
    'conversation.id': conversation.id,
    'conversation.subject': conversation.subject,
    'channel.name': channelName,
    'date.today': new Date(now).toISOString().slice(0, 10),
  };
  for (const [name, value] of Object.entries(contact?.attributes ?? {})) {
    values[`contact.attributes.${name}`] = value;
    // An integration may keep the order with the contact; one that was shown in the conversation is newer.
    if (name.startsWith('order.')) values[name] = value;
  }
  const card = messages.findLast(({ content }) => content.type === 'card' && content.kind === 'order')?.content;
  if (card?.type === 'card') {
    const { id, title, description, price, url } = card;
    const order = { id, title, description, price, url };
    for (const [name, value] of Object.entries(order)) values[`order.${name}`] = value;
  }
  return values;
}
