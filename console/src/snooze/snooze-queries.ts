import type { Conversation } from '@parley/sdk/protocol.ts';
import { api } from '../app/api.ts';

const path = (id: string) => `/api/v1/conversations/${encodeURIComponent(id)}/snooze`;

export function snoozeConversation(id: string, until: number, ownerEpoch: number): Promise<Conversation> {
  return api.call('POST', path(id), { until, ownerEpoch });
}

export function wakeConversation(id: string): Promise<Conversation> {
  return api.call('DELETE', path(id));
}
