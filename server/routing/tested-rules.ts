import type { Contact, Conversation, Message } from '@parley/sdk/protocol.ts';
import { everyoneId, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { previewOf } from '../gateway/content.ts';
import { createRouter, type Route, type RuleFacts } from './router-rules.ts';
import { isVip } from './vip.ts';

/** What the rules of a configuration would do with a conversation, and why. */
export interface TestedRules extends Omit<Route, 'to'> {
  readonly facts: RuleFacts;
  /** Where it goes; where no rule says so, to the default group. */
  readonly to: NonNullable<Route['to']>;
}

/** Asks the rules without doing anything that they say. */
export function testRules(config: RoutingConfig, facts: RuleFacts): TestedRules {
  const route = createRouter(config).route(facts);
  return { ...route, facts, to: route.to ?? { kind: 'group', groupId: config.defaultGroupId ?? everyoneId } };
}

/**
 * A stored conversation as the rules saw it, or would have seen it, when it began.
 *
 * @param first the contact's first message
 */
export function factsOf(
  conversation: Conversation,
  { contact, first, isReturning }: { contact: Contact | undefined; first: Message | undefined; isReturning: boolean },
): RuleFacts {
  const attributes = contact?.attributes ?? {};
  return {
    ...noFacts,
    channelId: conversation.channelId,
    channelType: conversation.channelType,
    at: conversation.createdAt,
    page: attributes.page ?? null,
    language: conversation.language ?? attributes.language ?? null,
    attributes,
    tags: conversation.tags,
    firstWords: first === undefined ? null : wordsOf(first),
    vip: isVip(conversation.tags, attributes.vip),
    returning: isReturning,
  };
}

/** Of a conversation of which nothing is known. */
export const noFacts: Omit<RuleFacts, 'channelId' | 'channelType' | 'at'> = {
  page: null,
  language: null,
  attributes: {},
  tags: [],
  intent: null,
  firstWords: null,
  vip: false,
  returning: false,
  hops: 0,
  fromBot: false,
  doneRules: [],
};

function wordsOf({ content }: Message): string {
  return content.type === 'text' ? content.text : previewOf(content);
}
