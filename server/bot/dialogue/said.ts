import type { Content, Message } from '@parley/sdk/protocol.ts';
import { previewOf } from '../../gateway/content.ts';
import { takeCode } from '../identity-check/code-text.ts';
import type { Said } from './decision.ts';
import type { DialogueState } from './dialogue-state.ts';

export const isFromCustomer = ({ direction, sender }: Message): boolean =>
  direction === 'in' && sender.type === 'contact';

/** Of the newest entries of a conversation, what the customer wrote since anybody spoke to them. */
export function sinceAnybodySpoke(entries: readonly Message[]): Message[] {
  const spoken = entries.findLastIndex(({ direction, sender }) => direction === 'out' && sender.type !== 'system');
  return entries.slice(spoken + 1).filter(isFromCustomer);
}

/** What was written in several messages is read as one. */
export function saidIn(messages: readonly Message[]): Said {
  const texts = messages.flatMap(({ content }) => textsOf(content));
  const helped = messages.flatMap(({ content }) => helpedBy(content) ?? []).at(-1);
  return { text: texts.join('\n').trim(), isWordless: texts.length === 0, ...(helped === undefined ? {} : { helped }) };
}

/**
 * Where a flow waits for a one-time code, it is taken out of what was typed before anything looks at it: neither the record nor
 * a model gets it.
 */
export function withoutCode(said: Said, { flow }: Pick<DialogueState, 'flow'>): Said {
  if (flow?.code === undefined) return said;
  return { ...said, ...takeCode(said.text) };
}

/** The message without what may be a code; undefined: there is none in it. */
export function maskedContent(content: Content): Content | undefined {
  if (content.type !== 'text') return undefined;
  const { text } = takeCode(content.text);
  return text === content.text ? undefined : { ...content, text };
}

/** A rating says whether what was before it helped: from the better half of its scale. */
function helpedBy(content: Content): boolean | undefined {
  return content.type === 'rating' && content.score !== undefined ? content.score > content.scale / 2 : undefined;
}

function textsOf(content: Content): string[] {
  if (content.type === 'text') return content.text.trim() === '' ? [] : [content.text];
  if (content.type === 'form') return Object.values(content.values ?? {});
  const caption = 'caption' in content ? content.caption : 'transcript' in content ? content.transcript : undefined;
  if (caption !== undefined && caption.trim() !== '') return [caption];
  return content.type === 'link' || content.type === 'card' ? [previewOf(content)] : [];
}
