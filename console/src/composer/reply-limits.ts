import { type Capabilities, type Content, type ContentType, type Message, maxTextBytes } from '@parley/sdk/protocol.ts';

/** What stands in the way of a reply on this channel, most serious first. */
export type Limit =
  | { kind: 'too-long'; bytes: number; limit: number }
  /** A variable of a canned reply stands in it still. */
  | { kind: 'unfilled'; name: string }
  | { kind: 'window-over' }
  | { kind: 'window-used' }
  | { kind: 'window-left'; ms: number }
  | { kind: 'window-messages'; left: number }
  | { kind: 'split'; bytes: number; limit: number }
  | { kind: 'degraded'; content: ContentType };

/** The time left is worth a word when it gets this short. */
const windowSoonMs = 6 * 60 * 60_000;
const messagesSoon = 2;

const encoder = new TextEncoder();

export function textBytes(text: string): number {
  return encoder.encode(text).length;
}

/** Everything an agent should know before pressing Enter. Pure: state and clock come in. */
export function replyLimits(input: {
  text: string;
  attached: readonly Content[];
  capabilities: Capabilities | undefined;
  messages: readonly Message[];
  now: number;
}): Limit[] {
  const { capabilities } = input;
  const bytes = textBytes(input.text);
  const limits: Limit[] = [];
  if (bytes > maxTextBytes) limits.push({ kind: 'too-long', bytes, limit: maxTextBytes });
  const [, unfilled] = /\{\{\s*([a-z]+\.[^{}|\n]+?)\s*(?:\|[^{}\n]*)?\}\}/.exec(input.text) ?? [];
  if (unfilled !== undefined) limits.push({ kind: 'unfilled', name: unfilled });
  if (capabilities === undefined) return limits;
  limits.push(...windowLimits(capabilities.replyWindow, input.messages, input.now));
  if (bytes > capabilities.maxTextBytes && bytes <= maxTextBytes) {
    limits.push({ kind: 'split', bytes, limit: capabilities.maxTextBytes });
  }
  const foreign = input.attached.find(({ type }) => !capabilities.content.includes(type));
  if (foreign !== undefined) limits.push({ kind: 'degraded', content: foreign.type });
  return limits;
}

function windowLimits(window: Capabilities['replyWindow'], messages: readonly Message[], now: number): Limit[] {
  const lastIn = messages.findLast((message) => message.direction === 'in');
  if (window === undefined || lastIn === undefined) return [];
  const ms = (lastIn.sentAt ?? lastIn.createdAt) + window.durationMs - now;
  if (ms <= 0) return [{ kind: 'window-over' }];
  const limits: Limit[] = [];
  if (window.messages !== undefined) {
    const left = window.messages - messages.filter((message) => usesWindow(message, lastIn.seq)).length;
    if (left <= 0) limits.push({ kind: 'window-used' });
    else if (left <= messagesSoon) limits.push({ kind: 'window-messages', left });
  }
  if (ms <= windowSoonMs) limits.push({ kind: 'window-left', ms });
  return limits;
}

function usesWindow(message: Message, afterSeq: number): boolean {
  const { seq, direction, content } = message;
  return (
    seq > afterSeq && direction === 'out' && !message.private && content.type !== 'system' && message.state !== 'failed'
  );
}
