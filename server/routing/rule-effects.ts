import type { Conversations } from '../conversation/conversations.ts';
import type { OutboundFetch } from '../gateway/channel-fetch.ts';
import type { RuleEffects } from './intake.ts';

/** How long a rule's webhook may take. */
const webhookMs = 10_000;
/** Webhooks under way at once: with more, the address does not keep up, and the rest is left out. */
const maxUnderway = 100;

/**
 * Answers of rules as messages, and their webhooks as one request each: it is not repeated, since nobody knows whether the
 * first one had its effect, and what fails is logged.
 */
export function createRuleEffects(deps: {
  conversations: Pick<Conversations, 'fromServer'>;
  fetch: OutboundFetch;
  log: (text: string) => void;
}): RuleEffects {
  let underway = 0;

  async function call(url: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const { ruleId, policyId, conversationId } = body;
    const of = ruleId === undefined ? `policy ${policyId}` : `rule ${ruleId}`;
    const failed = (why: string) => deps.log(`Webhook of ${of} for conversation ${conversationId}: ${why}`);
    if (underway >= maxUnderway) {
      failed(`left out, since ${underway} are under way.`);
      return;
    }
    underway += 1;
    try {
      const answer = await deps.fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        timeoutMs: webhookMs,
      });
      if (!answer.ok) failed(`answered with ${answer.status}.`);
    } catch (error) {
      failed((error as Error).message);
    } finally {
      underway -= 1;
    }
  }

  return {
    answer: async (conversationId, clientId, text) => {
      await deps.conversations.fromServer({ conversationId, clientId, content: { type: 'text', text } });
    },
    callWebhook: (url, body) => void call(url, body),
  };
}
