/** What an agent may want with a recommended reply: into the composer, or off to the customer. */
export type ReplyAction = 'insert' | 'send';

/**
 * Alt and a digit means the reply of that number; with Shift the other action than the usual one. By the key's place and not
 * its character, since Alt makes other characters of digits on some keyboards.
 */
export function suggestionKey(
  event: Pick<KeyboardEvent, 'code' | 'altKey' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'repeat' | 'isComposing'>,
  usual: ReplyAction,
): { index: number; action: ReplyAction } | undefined {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat || event.isComposing) return undefined;
  const digit = /^(?:Digit|Numpad)([1-3])$/.exec(event.code)?.[1];
  if (digit === undefined) return undefined;
  return { index: Number(digit) - 1, action: event.shiftKey ? otherAction(usual) : usual };
}

export const otherAction = (action: ReplyAction): ReplyAction => (action === 'insert' ? 'send' : 'insert');

/** The composer's text with a reply put into it: what it completes it takes the place of, else it follows. */
export function withReply(draft: string, reply: string): string {
  const written = draft.trim();
  if (written === '' || reply.toLowerCase().startsWith(written.toLowerCase())) return reply;
  return `${draft.trimEnd()}\n${reply}`;
}
