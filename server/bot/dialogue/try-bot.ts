import type { Flows } from '@parley/sdk/flow-document.ts';
import type { Clock } from '../../base/clock.ts';
import type { PublishedDocument } from '../../publishing/published-document.ts';
import { createTriedIdentity, triedProof } from '../identity-check/tried-identity.ts';
import type { BotDeps } from './at-work.ts';
import type { BotSettings } from './bot-settings.ts';
import type { Decision } from './decision.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';
import { withoutCode } from './said.ts';
import { type BotParts, think } from './think.ts';

/** What is tried: one thing that a customer might say, after what was tried before. */
export interface Trial {
  readonly text: string;
  /** What was tapped under the answer before: whether it helped. It is decided about, and counted nowhere. */
  readonly helped?: boolean;
  /** What the turn before answered; absent: the conversation begins. */
  readonly state?: DialogueState;
  /** Drafts, checked; absent: what holds. */
  readonly settings?: BotSettings;
  readonly flows?: Flows;
  readonly channelType?: string;
  readonly vip?: boolean;
  /** The customer has proved who they are. */
  readonly isProven?: boolean;
  /** Whether there are people; absent: as the schedule says. */
  readonly isOpen?: boolean;
  /** Really call the addresses of flows; else each of them answers with nothing in it. */
  readonly callsAddresses?: boolean;
}

/** The bot without a conversation: the same code, and nothing is stored or sent. */
export type BotTry = (trial: Trial) => Promise<{ decision: Decision; state: DialogueState; tookMs: number }>;

export function createBotTry(deps: {
  parts: BotParts;
  settings: Pick<PublishedDocument<BotSettings>, 'current'>;
  flows: Pick<PublishedDocument<Flows>, 'current'>;
  hours: BotDeps['hours'];
  call: BotDeps['call'];
  /** Whether channels of a type show the question whether an answer helped. */
  canRateOn: (channelType: string) => boolean;
  now: Clock['now'];
  onError: (error: unknown) => void;
}): BotTry {
  const triedIdentity = createTriedIdentity();
  return async (trial) => {
    const { settings: drafted, flows: draftedFlows } = trial;
    const settings = drafted === undefined ? deps.settings.current : { version: 0, document: drafted };
    const flows = draftedFlows === undefined ? deps.flows.current : { version: 0, document: draftedFlows };
    const { scheduleId } = settings.document.handOff;
    const now = deps.now();
    const state: DialogueState = { ...newDialogue, ...trial.state };
    const channelType = trial.channelType ?? 'web';
    const begunAt = performance.now();
    const { decision, state: next } = await think(
      {
        ...{ conversationId: 'try', state, settings, flows },
        said: withoutCode(
          {
            ...{ text: trial.text, isWordless: false },
            ...(trial.helped === undefined ? {} : { helped: trial.helped }),
          },
          state,
        ),
        ...{ identity: triedIdentity, proof: triedProof },
        ...{ channelType, canRate: deps.canRateOn(channelType) },
        vip: trial.vip === true,
        isProven: trial.isProven === true,
        isOpen: trial.isOpen ?? deps.hours.isOpen(scheduleId, now),
        opensAt: deps.hours.opensAt(scheduleId, now, state.language ?? settings.document.language),
        timeZone: deps.hours.timeZone(scheduleId),
        call: async (call, signal) =>
          trial.callsAddresses === true
            ? deps.call(call, { key: `parley-try-${now}-${call.stepId}`, signal })
            : { kind: 'answered', status: 200, body: {} },
      },
      { parts: deps.parts, now: deps.now, onError: deps.onError },
    );
    return { decision, state: next, tookMs: Math.round((performance.now() - begunAt) * 10) / 10 };
  };
}
