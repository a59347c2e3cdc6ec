import type { AppendItem, AppendResult } from './conversation-store.ts';

/**
 * A stored entry as JSON, put together from the parts that are JSON already: the content was made into text once, for
 * the store, and goes to every screen as that same text. Equal to `JSON.stringify` of the `Message` (a test sees to it).
 */
export function messageJson(item: AppendItem, result: Extract<AppendResult, { seq: number }>): string {
  const { conversationId, seq } = result;
  // Ids and numbers need no escaping; what a client or a person named does.
  let json = `{"id":"${conversationId}.${seq}","conversationId":"${conversationId}","seq":${seq}`;
  if (item.clientId !== undefined) json += `,"clientId":${JSON.stringify(item.clientId)}`;
  json += `,"direction":"${item.direction}","sender":{"type":"${item.senderType}"`;
  const senderId = item.senderId ?? (item.senderType === 'contact' ? result.head.contactId : undefined);
  if (senderId !== undefined) json += `,"id":"${senderId}"`;
  if (item.senderName !== undefined) json += `,"name":${JSON.stringify(item.senderName)}`;
  json += `},"content":${item.content},"private":${item.private}`;
  if (item.whisper === true) json += ',"whisper":true';
  json += `,"state":"${item.state}"`;
  if (item.sentAt !== undefined) json += `,"sentAt":${item.sentAt}`;
  return `${json},"createdAt":${item.at}}`;
}
