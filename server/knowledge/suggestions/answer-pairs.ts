import type { Message } from '@parley/sdk/protocol.ts';
import { askedIn, cut } from '../../conversation/asked.ts';
import { textIn } from '../../conversation/facts.ts';
import { languageFrom, languageMarks } from '../../conversation/language-of.ts';
import { masked } from './mask.ts';
import type { AnswerPair } from './suggestion-store.ts';

/** Of what a customer said in one go, the last so many messages, and so many characters. */
export const wordsOf = { messages: 3, characters: 400 } as const;
const answerLength = { least: 4, most: 1_500 } as const;

/**
 * What the customer said before an answer and the answer, without what tells of a person; undefined where it teaches
 * nothing: nobody had asked, one of them has no words, or the answer is too long to be of use again.
 *
 * @param before public messages before the answer, in order of `seq`
 */
export function pairOf(
  answer: Message,
  before: readonly Message[],
  of: { contactId: string; contactName: string; channelType: string },
): AnswerPair | undefined {
  const { sender, content } = answer;
  if (sender.type !== 'agent' || sender.id === undefined || answer.private || answer.recalledAt !== undefined) {
    return undefined;
  }
  if (content.type !== 'text') return undefined;
  // What the bot said last, where it handed over, was no answer.
  const spoke = before.findLastIndex(({ sender }) => sender.type === 'contact' || sender.type === 'agent');
  const said = lastWords(before.slice(0, spoke + 1), ['agent', 'bot']);
  const text = content.text.trim();
  if (said === '' || text.length < answerLength.least || text.length > answerLength.most) return undefined;
  const names = { contact: of.contactName, agent: sender.name };
  const language = languageFrom(languageMarks(`${said}\n${text}`));
  return {
    ...{ conversationId: answer.conversationId, seq: answer.seq, contactId: of.contactId, agentId: sender.id },
    ...{ channelType: of.channelType, language: language ?? null, at: answer.createdAt },
    question: masked(said, names),
    answer: masked(text, names),
  };
}

/** What the customer said since one of these had the last word, in one text; empty where nothing was said. */
export function lastWords(messages: readonly Message[], until: readonly ('agent' | 'bot')[]): string {
  const said: string[] = [];
  for (const message of messages.toReversed()) {
    const { sender, content } = message;
    if (message.private || content.type === 'system' || message.recalledAt !== undefined) continue;
    if (until.some((type) => type === sender.type)) break;
    if (sender.type === 'contact') said.unshift(textIn(content).trim());
    if (said.length === wordsOf.messages) break;
  }
  return cut(said.filter((text) => text !== '').join('\n'), wordsOf.characters);
}

const greeting =
  /^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|您好|你好|请问|hola|bonjour|hallo)(?![\p{L}])(?:\s+there)?[\s,，.。!！~～:：]*|^\s*(?:您好|你好|请问)[\s,，.。!！]*/iu;

/**
 * What a past answer is looked for by: the whole of what was said, and each sentence that asks, without greetings and
 * placeholders, which are like nothing that was asked before.
 *
 * @param said without what tells of a person (`masked`)
 */
export function questionsIn(said: string): string[] {
  const plain = (text: string) =>
    text
      .replace(/\{\{[^{}]*\}\}/g, ' ')
      .replace(greeting, '')
      .replace(/\s+/g, ' ')
      .trim();
  return [...new Set([said, ...askedIn(said)].map(plain))].filter((text) => text !== '');
}
