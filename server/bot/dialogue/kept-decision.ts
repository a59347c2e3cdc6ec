import type { Decision } from './decision.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';

/**
 * A decision as it is kept: with what the bot knew before it, so that another version can be asked to make it again.
 * Absent in what was decided before that was kept.
 */
export interface KeptDecision extends Decision {
  readonly before?: {
    readonly state: Partial<DialogueState>;
    readonly vip: boolean;
    /** Absent: they had not, or it was not kept yet. */
    readonly isProven?: true;
    /** The flow with which a routing rule had it begin; absent: none, or it was not kept yet. */
    readonly begins?: string;
  };
}

/** As JSON. Of the state only what is not as in every new conversation. */
export function keepDecision(
  decision: Decision,
  { state, vip, isProven, begins }: { state: DialogueState; vip: boolean; isProven?: boolean; begins?: string | null },
): string {
  const told = Object.entries(state).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(newDialogue[key as keyof DialogueState]),
  );
  const before = {
    state: Object.fromEntries(told),
    vip,
    ...(isProven === true ? { isProven } : {}),
    ...(begins == null ? {} : { begins }),
  };
  return JSON.stringify({ ...decision, before });
}
