import type { Decision } from './decision.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';

/**
 * A decision as it is kept: with what the bot knew before it, so that another version can be asked to make it again.
 * Absent in what was decided before that was kept.
 */
export interface KeptDecision extends Decision {
  readonly before?: { readonly state: Partial<DialogueState>; readonly vip: boolean };
}

/** As JSON. Of the state only what is not as in every new conversation. */
export function keepDecision(decision: Decision, before: { state: DialogueState; vip: boolean }): string {
  const told = Object.entries(before.state).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(newDialogue[key as keyof DialogueState]),
  );
  return JSON.stringify({ ...decision, before: { state: Object.fromEntries(told), vip: before.vip } });
}
