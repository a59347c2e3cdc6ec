/**
 * The number of a conversation in the store. Its public id is the same number as text, short enough for people to say
 * ("#1042"); a text that cannot be one answers 0, which names no conversation.
 */
export function conversationNo(id: string): number {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0;
}
