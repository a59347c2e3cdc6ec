import type { RoutingConfig } from '@parley/sdk/routing-document.ts';

/** An agent's capacity is counted in conversations, weights in hundredths of one. */
export const unitsPerConversation = 100;

/** What a conversation of the channel type takes of an agent's capacity, in hundredths. */
export function weightOf(config: RoutingConfig, channelType: string): number {
  return config.weights[channelType] ?? unitsPerConversation;
}

/** What is left of a weight while the customer is quiet: never nothing. */
export function quietWeightOf(weight: number, percent: number): number {
  return Math.max(1, Math.round((weight * percent) / 100));
}

/** What holds before anything is published: one queue, all agents, the least loaded first. */
export const defaultRoutingConfig: RoutingConfig = {
  groups: [],
  rules: [],
  schedules: [],
  sla: [],
  defaultGroupId: null,
  weights: { call: 500, email: 30 },
  exclusive: ['call'],
  agents: {},
  capacity: { quietAfterMs: null, quietPercent: 50, transferMargin: 0 },
  presence: { autoAwayMs: null, missesToBreak: 3, missWindowMs: 10 * 60_000, staysWithAgent: ['email'] },
  ageing: { low: 0, normal: 5, high: 15, urgent: 60, vip: 10 },
};
